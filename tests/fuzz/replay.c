/* Stands in for libFuzzer where it is not built in: runs a target over the files of its seed folder, a case each, so that
 * `make test` replays every seed and every finding of the past. TAP output. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *folder, const char *name, int number)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        printf("not ok %d - %s cannot be read\n", number, path);
        return;
    }
    (void)fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    uint8_t *bytes = malloc(n > 0 ? (size_t)n : 1); /* exactly as long as the input: a byte too far is seen */
    size_t got = bytes && n > 0 ? fread(bytes, 1, (size_t)n, f) : 0;
    (void)fclose(f);
    (void)LLVMFuzzerTestOneInput(bytes, got);
    free(bytes);
    printf("ok %d - %s\n", number, name);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    int number = 0;
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    printf("ok %d - the empty input\n", ++number);
    DIR *d = argc > 1 ? opendir(argv[1]) : NULL;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.') replay(argv[1], e->d_name, ++number);
    if (d) (void)closedir(d);
    printf("1..%d\n", number);
    return 0;
}
