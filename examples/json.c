/* A JSON tokenizer and syntax checker.
 * input(): address of up to 8192 bytes of JSON; output(): address of the tokens, three 32-bit words each:
 * kind (one of { } [ ] : , s for a string, n for a number, t, f and z for true, false, null), start, and length.
 * tokenize(length): the number of tokens, or -1 - offset of the byte that cannot be read.
 * check(length): 1 where the whole text is one JSON value, else 0. */
#include "wasm.h"

typedef struct {
    uint32_t kind, start, length;
} Token;

static char text[8192 + 1];
static Token tokens[4096];

static int is_digit(char c) { return c >= '0' && c <= '9'; }

static int is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static const char *digits(const char *p) {
    while (is_digit(*p)) p++;
    return p;
}

/* Each scanner takes the address of a token's first byte and returns the address after its last, or NULL. */
static const char *scan_number(const char *p) {
    if (*p == '-') p++;
    if (!is_digit(*p)) return NULL;
    p = *p == '0' ? p + 1 : digits(p);
    if (*p == '.') {
        if (!is_digit(*++p)) return NULL;
        p = digits(p);
    }
    if (*p != 'e' && *p != 'E') return p;
    p++;
    if (*p == '+' || *p == '-') p++;
    return is_digit(*p) ? digits(p) : NULL;
}

static const char *scan_escape(const char *p) {
    switch (*p) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
        return p + 1;
    case 'u':
        for (int i = 1; i <= 4; i++)
            if (!is_hex(p[i])) return NULL;
        return p + 5;
    default:
        return NULL;
    }
}

static const char *scan_string(const char *p) {
    p++;
    while (*p != '"') {
        if ((unsigned char)*p < 0x20) return NULL;
        p = *p == '\\' ? scan_escape(p + 1) : p + 1;
        if (!p) return NULL;
    }
    return p + 1;
}

static const char *scan_word(const char *p, const char *word) {
    while (*word)
        if (*p++ != *word++) return NULL;
    return p;
}

static const char *scan(const char *p, uint32_t *kind) {
    *kind = (unsigned char)*p;
    switch (*p) {
    case '{': case '}': case '[': case ']': case ':': case ',':
        return p + 1;
    case '"':
        *kind = 's';
        return scan_string(p);
    case 't':
        return scan_word(p, "true");
    case 'f':
        return scan_word(p, "false");
    case 'n':
        *kind = 'z';
        return scan_word(p, "null");
    default:
        *kind = 'n';
        return scan_number(p);
    }
}

char *EXPORT(input)(void) { return text; }

Token *EXPORT(output)(void) { return tokens; }

int32_t EXPORT(tokenize)(uint32_t length) {
    const char *p = text, *end = text + length;
    int32_t count = 0;
    text[length] = 0;
    for (;;) {
        while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') p++;
        if (p == end) return count;
        Token *token = &tokens[count];
        const char *next = scan(p, &token->kind);
        if (!next || next > end || count == 4095) return -1 - (int32_t)(p - text);
        token->start = p - text;
        token->length = next - p;
        count++;
        p = next;
    }
}

static const Token *parse_value(const Token *t);

static const Token *parse_list(const Token *t, uint32_t close, int keyed) {
    if (t->kind == close) return t + 1;
    for (;; t++) {
        if (keyed) {
            if (t[0].kind != 's' || t[1].kind != ':') return NULL;
            t += 2;
        }
        t = parse_value(t);
        if (!t) return NULL;
        if (t->kind == close) return t + 1;
        if (t->kind != ',') return NULL;
    }
}

static const Token *parse_value(const Token *t) {
    switch (t->kind) {
    case '{':
        return parse_list(t + 1, '}', 1);
    case '[':
        return parse_list(t + 1, ']', 0);
    case 's': case 'n': case 't': case 'f': case 'z':
        return t + 1;
    default:
        return NULL;
    }
}

int32_t EXPORT(check)(uint32_t length) {
    int32_t count = tokenize(length);
    if (count < 0) return 0;
    tokens[count].kind = 0;
    return parse_value(tokens) == tokens + count;
}
