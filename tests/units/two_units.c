/* two_units.c - one of two units of a program that each carry a static copy of the header. UNIT: 1 or 2. */
#define MEDVOL_STATIC
#define MEDVOL_IMPLEMENTATION
#ifdef HEADER
#  include HEADER
#else
#  include "medvol.h"
#endif
#ifdef __cplusplus
extern "C" int unit_1(void);
extern "C" int unit_2(void);
#else
int unit_1(void);
int unit_2(void);
#endif
static int convert(float scale) {
    unsigned char in[100];
    float out[100];
    int i, bad = 0;
    for (i = 0; i < 100; i++) in[i] = (unsigned char)i;
    bad += mv_convert_array(NULL, out, MEDVOL_F32, in, MEDVOL_U8, 100, (double)scale, 0.0) != MEDVOL_OK;
    for (i = 0; i < 100; i++) bad += out[i] != (float)i * scale;
    return bad + (mv_level() < 1);
}
#if UNIT == 1
int unit_1(void) { return convert(2.0f); }
#elif UNIT == 2
int unit_2(void) { return convert(4.0f); }
int main(void) { return unit_1() + unit_2(); }
#else
int main(void) { return convert(2.0f); }
#endif
