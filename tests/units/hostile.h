/* hostile.h - macros that SDKs and system headers are known to define; tests/matrix.sh has them come before
   medvol.h. */
#define MV_OK 0
#define MV_E_HANDLE 0x80000000
#define MV_E_SUPPORT 0x80000001
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define NEAR
#define FAR
#define ERROR 0
#define small char
#define hyper long
#define interface struct
#define pascal
#define cdecl
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define TRUE 1
#define FALSE 0
#define THIS 7
#define DELETE 0x10000L
#define DIFFERENCE 11
#define I (1.0fi)
#define minor(x) ((x) & 255)
#define major(x) ((x) >> 8)
#define makedev(a, b) ((a) << 8 | (b))
#define linux 1
#define unix 1
#define emit
#define slots
#define signals public
#define foreach(a, b) for (;;)
#define forever for (;;)
#define check(x) ((void)0)
#define verify(x) ((void)0)
#define require(x, y) ((void)0)
#define nil 0
#define Nil 0
#define None 0L
#define Success 0
#define Bool int
#define Status int
#define True 1
#define False 0
#define Complex 0
#define Above 0
#define bit(b) (1UL << (b))
#define sq(x) ((x) * (x))
#define radians(d) ((d) * 0.0174532925)
#define degrees(r) ((r) * 57.2957795)
#define HIGH 1
#define LOW 0
#define PI 3.14159265358979
#define F(s) (s)
#define P(x) (x)
#define N 8
#define M 9
#define X 3
#define Y 4
#define Z 5
#define R 6
#define W 7
#define B0 0
#define B1 1
#define ECHO 8
#define swap(a, b) ((void)0)
#define likely(x) (x)
#define unlikely(x) (x)
#define container_of(p, t, m) 0
#define ARRAY_SIZE(a) 0
#define BIT(n) (1 << (n))
#define ALIGN(x) (x)
#define CLAMP(a, b, c) (a)
#define MIN(a, b) (a)
#define MAX(a, b) (a)
#define ABS(a) (a)
#define LEVEL 2
#define CHUNK 1
#define BLOCK 2
#define DEBUG 1
#define VERSION "1"
#define NDEBUG 1
