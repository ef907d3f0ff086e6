/* A WASI command: prints a greeting, its arguments and its environment; `--exit N` as the last arguments sets
 * the exit code. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

int main(int argc, char **argv) {
    puts("Hello from WebAssembly!");
    for (int i = 1; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
    for (char **entry = environ; entry && *entry; entry++) printf("environment: %s\n", *entry);
    if (argc > 2 && !strcmp(argv[argc - 2], "--exit")) return atoi(argv[argc - 1]);
    return 0;
}
