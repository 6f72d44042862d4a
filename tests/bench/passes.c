#include "passes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *read_file(const char *path, size_t room, size_t *n_out)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }
    long n = ftell(f);
    rewind(f);
    char *bytes = n >= 0 ? malloc((size_t)n + room) : NULL;
    if (bytes == NULL || fread(bytes, 1, (size_t)n, f) != (size_t)n) {
        perror(path);
        exit(1);
    }
    memset(bytes + n, 0, room);
    (void)fclose(f);
    *n_out = (size_t)n;
    return bytes;
}

static long long now_ns(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

int passes_loop(const char *p, size_t n, passes_one *pass, void *ctx)
{
    char line[16];
    struct pass_counts counts = {n, 0, 0};
    pass(ctx, p, n, &counts); /* warm: pages, caches, and what a program learns about the input */
    printf("ready\n");
    (void)fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        counts = (struct pass_counts){n, 0, 0};
        long long wall = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
        pass(ctx, p, n, &counts);
        cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        wall = now_ns(CLOCK_MONOTONIC) - wall;
        printf("{\"wall_ns\":%lld,\"cpu_ns\":%lld,\"bytes_in\":%llu,\"bytes_out\":%llu,\"records\":%llu}\n", wall, cpu,
               counts.bytes_in, counts.bytes_out, counts.records);
        (void)fflush(stdout);
    }
    return 0;
}

int passes_run(const char *path, size_t room, passes_one *pass, void *ctx)
{
    size_t n;
    char *bytes = read_file(path, room, &n);
    int status = passes_loop(bytes, n, pass, ctx);
    free(bytes);
    return status;
}
