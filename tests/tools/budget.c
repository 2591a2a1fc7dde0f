/* budget SECONDS MEGABYTES COMMAND... - runs a command and fails when it, with its children, took more
   processor time or any of them more memory than allowed. */
#define _DEFAULT_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct rusage r;
    double seconds, mb, max_seconds, max_mb;
    int status = 1;
    pid_t child;
    if (argc < 4) return 2;
    max_seconds = atof(argv[1]);
    max_mb = atof(argv[2]);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        execvp(argv[3], argv + 3);
        perror(argv[3]);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return 1;
    getrusage(RUSAGE_CHILDREN, &r);
    seconds = (double)r.ru_utime.tv_sec + (double)r.ru_stime.tv_sec +
        1e-6 * ((double)r.ru_utime.tv_usec + (double)r.ru_stime.tv_usec);
#ifdef __APPLE__
    mb = (double)r.ru_maxrss / 1048576.0;
#else
    mb = (double)r.ru_maxrss / 1024.0;
#endif
    printf("budget: %.1f s of processor time, %.0f MB (of %g s, %g MB)\n", seconds, mb, max_seconds,
        max_mb);
    return seconds > max_seconds || mb > max_mb;
}
