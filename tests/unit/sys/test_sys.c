/* kit/sys: files, the folder lock between processes, clocks, randomness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit/sys/causes.h"
#include "kit/sys/clock.h"
#include "kit/sys/fs.h"
#include "kit/sys/random.h"

static char folder[64];

static const char *at(const char *name)
{
    static char path[4][512];
    static unsigned turn;
    char *p = path[turn++ % 4];
    (void)snprintf(p, 512, "%s/%s", folder, name);
    return p;
}

static bool remove_one(void *arg, const char *name, bool is_dir);

static void remove_tree(const char *path)
{
    struct err e;
    char copy[512];
    (void)snprintf(copy, sizeof copy, "%s", path);
    (void)fs_real().ops->list(NULL, copy, remove_one, copy, &e);
    (void)fs_real().ops->remove(NULL, copy, &e);
}

static bool remove_one(void *arg, const char *name, bool is_dir)
{
    char path[512];
    struct err e;
    (void)snprintf(path, sizeof path, "%s/%s", (const char *)arg, name);
    if (is_dir)
        remove_tree(path);
    else
        (void)fs_real().ops->remove(NULL, path, &e);
    return true;
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "%s/portcullis-sys-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    remove_tree(folder);
    return 0;
}

static void a_file_is_read_as_it_was_written(void **state)
{
    struct fs fs = fs_real();
    struct fs_file *f;
    struct err e;
    char back[16];
    size_t got;
    uint64_t bytes;
    (void)state;
    assert_true(fs.ops->open(NULL, at("a"), FS_CREATE_NEW, &f, &e));
    assert_true(fs.ops->write_at(NULL, f, 4, "5678", 4, &e));
    assert_true(fs.ops->write_at(NULL, f, 0, "1234", 4, &e));
    assert_true(fs.ops->sync(NULL, f, &e));
    assert_true(fs.ops->read_at(NULL, f, 2, back, sizeof back, &got, &e));
    assert_int_equal(got, 6);
    assert_memory_equal(back, "345678", 6);
    assert_true(fs.ops->truncate(NULL, f, 3, &e));
    assert_true(fs.ops->size(NULL, f, &bytes, &e));
    assert_int_equal(bytes, 3);
    fs.ops->close(NULL, f);
    assert_true(fs.ops->sync_dir(NULL, folder, &e));

    struct stat st;
    assert_int_equal(stat(at("a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void faults_have_their_own_causes(void **state)
{
    struct fs fs = fs_real();
    struct fs_file *f = NULL;
    struct err e;
    (void)state;
    assert_false(fs.ops->open(NULL, at("absent"), FS_READ, &f, &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_NOT_FOUND]);
    assert_non_null(strstr(e.text, "absent"));
    assert_true(fs_replace(fs, at("there"), STR("x"), &e));
    assert_false(fs.ops->open(NULL, at("there"), FS_CREATE_NEW, &f, &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_EXISTS]);
    assert_null(f); /* untouched */
    assert_true(fs.ops->open(NULL, "/dev/full", FS_WRITE, &f, &e));
    assert_false(fs.ops->write_at(NULL, f, 0, "x", 1, &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_DISK_FULL]);
    fs.ops->close(NULL, f);
    assert_true(fs.ops->remove(NULL, at("absent"), &e));          /* an answer */
    assert_false(fs.ops->make_dirs(NULL, at("there/below"), &e)); /* a file is in the way */
}

static bool collect(void *arg, const char *name, bool is_dir)
{
    struct buf *b = arg;
    return buf_addf(b, "%s%s ", name, is_dir ? "/" : "");
}

static void folders_are_made_and_listed_in_order(void **state)
{
    struct fs fs = fs_real();
    struct fs_stat st;
    struct buf names;
    struct err e;
    uint64_t free_bytes;
    (void)state;
    buf_init(&names, 0);
    assert_true(fs.ops->make_dirs(NULL, at("tree/b/c"), &e));
    assert_true(fs.ops->make_dirs(NULL, at("tree/b/c"), &e)); /* again is fine */
    assert_true(fs_replace(fs, at("tree/Z"), STR("x"), &e));
    assert_true(fs_replace(fs, at("tree/a"), STR("x"), &e));
    assert_true(fs.ops->list(NULL, at("tree"), collect, &names, &e));
    assert_string_equal(buf_cstr(&names), "Z a b/ ");
    buf_done(&names);
    assert_true(fs.ops->stat(NULL, at("tree/b"), &st, &e));
    assert_true(st.exists && st.is_dir);
    assert_true(fs.ops->stat(NULL, at("tree/none"), &st, &e));
    assert_false(st.exists);
    assert_true(fs.ops->free_bytes(NULL, folder, &free_bytes, &e));
    assert_true(free_bytes > 0);
}

static void replace_is_whole_and_leaves_nothing_behind(void **state)
{
    struct fs fs = fs_real();
    struct buf b;
    struct err e;
    (void)state;
    buf_init(&b, 0);
    assert_true(fs_replace(fs, at("r"), STR("a longer first content"), &e));
    assert_true(fs_replace(fs, at("r"), STR("second"), &e));
    assert_true(fs_read_all(fs, at("r"), 100, &b, &e));
    assert_true(str_eq(buf_str(&b), STR("second")));
    assert_false(fs_exists(fs, at("r.part")));
    assert_false(fs_read_all(fs, at("r"), 5, &b, &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_FILE_TOO_LARGE]);
    assert_true(str_eq(buf_str(&b), STR("second"))); /* untouched */
    buf_done(&b);
    assert_false(fs_replace(fs, at("no/such/folder"), STR("x"), &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_NOT_FOUND]);
}

static void reading_all_is_exact_at_chunk_borders(void **state)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 200001};
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buf b;
        char *bytes = malloc(sizes[i] + 1);
        assert_non_null(bytes);
        for (size_t k = 0; k < sizes[i]; k++) bytes[k] = (char)(k * 31);
        buf_init(&b, 0);
        assert_true(fs_replace(fs_real(), at("big"), (struct str){bytes, sizes[i]}, &e));
        assert_true(fs_read_all(fs_real(), at("big"), sizes[i], &b, &e));
        assert_true(str_eq(buf_str(&b), (struct str){bytes, sizes[i]}));
        buf_done(&b);
        free(bytes);
    }
}

/* A child takes the lock, says so over the pipe, and waits to be killed. */
static pid_t child_that_holds_the_lock(void)
{
    int ready[2];
    char c;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct dir_lock *lock;
        struct err e;
        c = dir_lock_take(folder, &lock, NULL, &e) ? 'y' : 'n';
        (void)!write(ready[1], &c, 1);
        for (;;) (void)pause();
    }
    assert_int_equal(read(ready[0], &c, 1), 1);
    assert_int_equal(c, 'y');
    (void)close(ready[0]);
    (void)close(ready[1]);
    return child;
}

static void the_folder_lock_names_its_holder_and_dies_with_it(void **state)
{
    struct dir_lock *lock = NULL, *second = NULL;
    struct err e;
    int pid = -1;
    (void)state;
    pid_t child = child_that_holds_the_lock();
    assert_false(dir_lock_take(folder, &lock, &pid, &e));
    assert_ptr_equal(e.cause, &sys_causes[SYS_LOCKED]);
    assert_int_equal(pid, child);
    assert_null(lock);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);

    assert_true(dir_lock_take(folder, &lock, &pid, &e));
    assert_false(dir_lock_take(folder, &second, &pid, &e)); /* not even by ourselves */
    assert_int_equal(pid, getpid());
    dir_lock_release(lock);
    assert_true(dir_lock_take(folder, &lock, NULL, &e));
    dir_lock_release(lock);
    dir_lock_release(NULL);
}

static void a_virtual_clock_stands_until_moved(void **state)
{
    struct virtual_clock v = {.wall = {1000}, .mono = {5}};
    struct clock c = clock_virtual(&v), real = clock_real();
    (void)state;
    assert_int_equal(clock_mono(&c).ms, 5);
    virtual_clock_advance(&v, 47 * 3600 * 1000LL);
    assert_int_equal(clock_mono(&c).ms, 5 + 47 * 3600 * 1000LL);
    assert_int_equal(clock_wall(&c).ticks, 1000 + 47 * WALL_TICKS_PER_HOUR);
    int64_t a = clock_mono(&real).ms;
    assert_true(clock_mono(&real).ms >= a);
    assert_true(clock_wall(&real).ticks > INT64_C(17000000000000000)); /* after 2023 */
}

static void seeds_decide_and_forks_are_independent(void **state)
{
    struct rng a, b, fork1, fork2;
    unsigned seen[7] = {0};
    (void)state;
    rng_seed(&a, 42);
    rng_seed(&b, 42);
    for (int i = 0; i < 100; i++) assert_true(rng_u64(&a) == rng_u64(&b));
    rng_fork(&a, 1, &fork1);
    rng_fork(&a, 2, &fork2);
    assert_true(rng_u64(&fork1) != rng_u64(&fork2));
    assert_true(rng_u64(&a) == rng_u64(&b)); /* forking did not move it */
    for (int i = 0; i < 7000; i++) seen[rng_below(&a, 7)]++;
    for (int i = 0; i < 7; i++) assert_in_range(seen[i], 800, 1200);
    for (int i = 0; i < 1000; i++) {
        double u = rng_unit(&a);
        assert_true(u >= 0 && u < 1);
    }
    assert_false(rng_chance(&a, 0));
    assert_true(rng_chance(&a, 1));
}

/* The published first outputs of xoshiro256** for the state 1, 2, 3, 4. */
static void xoshiro_agrees_with_the_reference(void **state)
{
    struct rng r = {{1, 2, 3, 4}};
    (void)state;
    assert_true(rng_u64(&r) == 11520);
    assert_true(rng_u64(&r) == 0);
    assert_true(rng_u64(&r) == 1509978240);
    assert_true(rng_u64(&r) == UINT64_C(1215971899390074240));
}

static void guids_are_guids(void **state)
{
    char a[37], b[37];
    struct rng r;
    (void)state;
    rng_seed(&r, 7);
    random_guid(a);
    rng_guid(&r, b);
    assert_true(str_is_guid(str_of(a)));
    assert_true(str_is_guid(str_of(b)));
    assert_string_not_equal(a, b);
    assert_int_equal(a[14], '4');
    assert_non_null(strchr("89ab", a[19]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_as_it_was_written),
        cmocka_unit_test(faults_have_their_own_causes),
        cmocka_unit_test(folders_are_made_and_listed_in_order),
        cmocka_unit_test(replace_is_whole_and_leaves_nothing_behind),
        cmocka_unit_test(reading_all_is_exact_at_chunk_borders),
        cmocka_unit_test(the_folder_lock_names_its_holder_and_dies_with_it),
        cmocka_unit_test(a_virtual_clock_stands_until_moved),
        cmocka_unit_test(seeds_decide_and_forks_are_independent),
        cmocka_unit_test(xoshiro_agrees_with_the_reference),
        cmocka_unit_test(guids_are_guids),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
