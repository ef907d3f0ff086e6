/* A WASI command: copies the files named as arguments, `-` for standard input, to standard output; with
 * `-o FILE` first, to that file. Straight on the system calls, without stdio. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char buffer[4096];

static int copy(int from, int to) {
    ssize_t got;
    while ((got = read(from, buffer, sizeof buffer)) > 0)
        for (ssize_t done = 0; done < got;) {
            ssize_t written = write(to, buffer + done, got - done);
            if (written < 0) return -1;
            done += written;
        }
    return got < 0 ? -1 : 0;
}

static int complain(const char *name) {
    const char *message = strerror(errno);
    write(2, "cat: ", 5);
    write(2, name, strlen(name));
    write(2, ": ", 2);
    write(2, message, strlen(message));
    write(2, "\n", 1);
    return 1;
}

int main(int argc, char **argv) {
    int to = 1, failed = 0, i = 1;
    if (argc > 2 && !strcmp(argv[1], "-o")) {
        to = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (to < 0) return complain(argv[2]);
        i = 3;
    }
    if (i == argc) return copy(0, to) ? complain("-") : 0;
    for (; i < argc; i++) {
        int from = strcmp(argv[i], "-") ? open(argv[i], O_RDONLY) : 0;
        if (from < 0 || copy(from, to)) failed = complain(argv[i]);
        if (from > 0) close(from);
    }
    return failed;
}
