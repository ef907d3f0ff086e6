/* A WASI command: lines, words and bytes of the files named as arguments, or of standard input. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    unsigned long lines, words, bytes;
} Counts;

static Counts count(FILE *file) {
    Counts counts = {0, 0, 0};
    int c, in_word = 0;
    while ((c = getc(file)) != EOF) {
        counts.bytes++;
        counts.lines += c == '\n';
        counts.words += !isspace(c) && !in_word;
        in_word = !isspace(c);
    }
    return counts;
}

static void report(Counts counts, const char *name) {
    printf("%7lu %7lu %7lu%s%s\n", counts.lines, counts.words, counts.bytes, *name ? " " : "", name);
}

int main(int argc, char **argv) {
    Counts total = {0, 0, 0};
    int failed = 0;
    if (argc < 2) report(count(stdin), "");
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) {
            fprintf(stderr, "wc: %s: %s\n", argv[i], strerror(errno));
            failed = 1;
            continue;
        }
        Counts counts = count(file);
        fclose(file);
        report(counts, argv[i]);
        total.lines += counts.lines;
        total.words += counts.words;
        total.bytes += counts.bytes;
    }
    if (argc > 2) report(total, "total");
    return failed;
}
