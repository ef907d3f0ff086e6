/* Calls the C library on everything that WASI gives it, and tells what came of it; the argument chooses the topic.
 * What it prints depends on nothing but the files it finds.
 *
 * Built with: python -m ziglang cc -target wasm32-wasi -Os -s -o probe.wasm probe.c
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define TELL(call)                                                                                                     \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        long result = (long)(call);                                                                                    \
        if (result < 0)                                                                                                \
            printf("%s: %s\n", #call, strerror(errno));                                                                \
        else                                                                                                           \
            printf("%s = %ld\n", #call, result);                                                                       \
    } while (0)

static char buffer[4096];

static void show(const char *path) {
    FILE *file = fopen(path, "r");
    size_t size = file ? fread(buffer, 1, sizeof buffer, file) : 0;
    printf("%s: \"%.*s\"\n", path, (int)size, buffer);
    if (file) fclose(file);
}

static void make(const char *path) {
    FILE *file = fopen(path, "w");
    if (!file)
        printf("make %s: %s\n", path, strerror(errno));
    else
        fclose(file);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void list(const char *path) {
    char *names[1000];
    int count = 0;
    DIR *dir = opendir(path);
    if (!dir) {
        printf("list %s: %s\n", path, strerror(errno));
        return;
    }
    for (struct dirent *entry; count < 1000 && (entry = readdir(dir));) names[count++] = strdup(entry->d_name);
    closedir(dir);
    qsort(names, count, sizeof *names, by_name);
    printf("list %s:", path);
    for (int i = 0; i < count; i++) printf(" %s", names[i]);
    printf("\n");
}

static void status(const char *path, int follow) {
    struct stat s;
    errno = 0;
    if ((follow ? stat : lstat)(path, &s) < 0)
        printf("status %s: %s", path, strerror(errno));
    else
        printf("status %s: mode %o", path, s.st_mode);
    if (!errno && S_ISREG(s.st_mode)) printf(", %d links, %ld bytes", (int)s.st_nlink, (long)s.st_size);
    printf("\n");
}

static void environment(void) {
    for (char **variable = environ; *variable; variable++) printf("%s\n", *variable);
    while (fgets(buffer, sizeof buffer, stdin)) printf("input: %s\n", strtok(buffer, "\n"));
    TELL(feof(stdin));
    TELL(isatty(0));
    fprintf(stderr, "to standard error\n");
}

static void files(void) {
    FILE *file = fopen("/a", "w+");
    TELL(fprintf(file, "hello %d, %g, %s", 42, 2.5, "text"));
    TELL(fseek(file, 6, SEEK_SET));
    TELL(fgetc(file));
    TELL(ftell(file));
    fclose(file);
    file = fopen("/a", "a");
    TELL(fputs("!\n", file));
    fclose(file);
    show("/a");
    int fd;
    TELL(fd = open("/a", O_RDWR | O_APPEND));
    TELL(write(fd, "end", 3));
    TELL(lseek(fd, 0, SEEK_CUR));
    TELL(lseek(fd, -4, SEEK_END));
    TELL(lseek(fd, -1000, SEEK_CUR));
    TELL(fcntl(fd, F_GETFL) & O_APPEND ? 1 : 0);
    TELL(fcntl(fd, F_SETFL, 0));
    TELL(pwrite(fd, "HELLO", 5, 0));
    TELL(pread(fd, buffer, 3, 2));
    printf("%.3s\n", buffer);
    TELL(ftruncate(fd, 8));
    TELL(ftruncate(fd, -1));
    TELL(fsync(fd));
    TELL(close(fd));
    TELL(close(fd));
    show("/a");
    TELL(fd = open("/a", O_RDONLY));
    TELL(write(fd, "x", 1));
    TELL(ftruncate(fd, 0));
    TELL(fd = open("/a", O_WRONLY));
    TELL(read(fd, buffer, 1));
    TELL(open("/a", O_CREAT | O_EXCL | O_RDWR, 0666));
    TELL(open("/a", O_DIRECTORY));
    TELL(open("/", O_RDWR));
    TELL(open("/none", O_RDONLY));
    TELL(open("/a/b", O_RDONLY));
    TELL(open("/../a", O_RDONLY));
    struct timespec times[2] = {{1000000, 5000}, {2000000, 7000}};
    TELL(utimensat(AT_FDCWD, "/a", times, 0));
    struct stat s;
    TELL(stat("/a", &s));
    TELL(s.st_atim.tv_sec * 1000 + s.st_atim.tv_nsec / 1000);
    TELL(s.st_mtim.tv_sec * 1000 + s.st_mtim.tv_nsec / 1000);
}

/* Removes files while it goes through their directory. */
static void removing(void) {
    TELL(mkdir("/dir", 0777));
    for (int i = 0; i < 200; i++) {
        snprintf(buffer, sizeof buffer, "/dir/a-file-with-a-long-name-%03d", i);
        make(buffer);
    }
    DIR *dir = opendir("/dir");
    int count = 0;
    while (readdir(dir)) count++;
    TELL(count);
    rewinddir(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        snprintf(buffer, sizeof buffer, "/dir/%s", entry->d_name);
        if (entry->d_type == DT_REG) unlink(buffer);
    }
    closedir(dir);
    list("/dir");
    TELL(rmdir("/dir"));
    list("/dir");
}

static void directories(void) {
    TELL(mkdir("/dir", 0777));
    TELL(mkdir("/dir", 0777));
    TELL(mkdir("/none/dir", 0777));
    list("/");
    list("/none");
    TELL(mkdir("/x", 0777));
    TELL(mkdir("/x/y", 0777));
    make("/x/file");
    TELL(rename("/x/file", "/x/y/moved"));
    TELL(rename("/x/none", "/x/y/moved"));
    TELL(rename("/x/y/moved", "/x/y"));
    TELL(rename("/x/y", "/x/y/z"));
    TELL(rename("/x", "/z"));
    list("/z");
    list("/z/y");
    TELL(rmdir("/z"));
    TELL(rmdir("/z/y/moved"));
    TELL(unlink("/z/y"));
    TELL(unlink("/z/none"));
    status("/z/y", 1);
    status("/z/y/moved/", 1);
}

static void links(void) {
    TELL(mkdir("/dir", 0777));
    make("/dir/file");
    TELL(symlink("dir/file", "/link"));
    TELL(symlink("..", "/dir/up"));
    TELL(symlink("../../outside", "/dir/out"));
    TELL(symlink("/absolute", "/abs"));
    TELL(symlink("none", "/dangling"));
    TELL(symlink("loop", "/loop"));
    TELL(readlink("/link", buffer, sizeof buffer));
    TELL(readlink("/dir", buffer, sizeof buffer));
    status("/link", 0);
    status("/link", 1);
    status("/dir/up/dir/up/link", 1);
    status("/dir/out", 0);
    status("/dir/out", 1);
    status("/dangling", 1);
    status("/loop", 1);
    TELL(open("/dangling", O_RDONLY));
    TELL(open("/link", O_RDONLY | O_NOFOLLOW));
    TELL(open("/dir/out/file", O_RDONLY));
    TELL(link("/dir/file", "/hard"));
    TELL(link("/dir/file", "/hard"));
    TELL(link("/dir", "/dir2"));
    status("/hard", 1);
    TELL(unlink("/link"));
    list("/");
}

static void waiting(void) {
    struct timespec before, after, pause = {0, 3000000};
    TELL(clock_gettime(CLOCK_MONOTONIC, &before));
    TELL(nanosleep(&pause, NULL));
    TELL(clock_gettime(CLOCK_MONOTONIC, &after));
    TELL((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= 3000000);
    struct pollfd polled[2] = {{0, POLLIN, 0}, {1, POLLOUT, 0}};
    TELL(poll(polled, 2, -1));
    TELL(polled[0].revents == POLLIN);
    TELL(polled[1].revents == POLLOUT);
    TELL(getentropy(buffer, 32));
    TELL(lseek(0, 0, SEEK_CUR));
}

static const struct {
    const char *name;
    void (*run)(void);
} topics[] = {
    {"environment", environment}, {"files", files},     {"directories", directories},
    {"links", links},             {"waiting", waiting}, {"removing", removing},
};

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) printf("argument %s\n", argv[i]);
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (argc > 1 && !strcmp(argv[1], topics[i].name)) topics[i].run();
    return argc + 40;
}
