/* Runs a program to its end and prints its wall time, CPU time and peak memory as one line of JSON on standard output. The program is started from
 * here, a small process, since what the kernel counts as a child's peak begins with its parent's. Its own output goes to OUT: a file, or "|", a
 * pipe that is read and thrown away. Usage: timed OUT PROGRAM [ARGUMENT…] */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void start(int out, char **argv)
{
    (void)dup2(out, STDOUT_FILENO);
    (void)execvp(argv[0], argv);
    perror(argv[0]);
    _exit(127);
}

static void drain(int in)
{
    static char piece[256 << 10];
    while (read(in, piece, sizeof piece) > 0) continue;
}

int main(int argc, char **argv)
{
    int ends[2] = {-1, -1}, status = 0;
    struct rusage used;
    if (argc < 3) return 2;
    int is_piped = strcmp(argv[1], "|") == 0;
    if (is_piped ? pipe2(ends, O_CLOEXEC) != 0
                 : (ends[1] = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0) {
        perror(argv[1]);
        return 1;
    }
    double began = now();
    pid_t child = fork();
    if (child == 0) start(ends[1], argv + 2);
    (void)close(ends[1]);
    if (is_piped) drain(ends[0]);
    if (child < 0 || wait4(child, &status, 0, &used) < 0) {
        perror(argv[2]);
        return 1;
    }
    printf("{\"wall\":%.6f,\"cpu\":%.6f,\"peak_kib\":%ld,\"status\":%d}\n", now() - began,
           seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    return 0;
}
