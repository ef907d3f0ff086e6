/* kernel(rounds): tokenizes about 4000 bytes of JSON (json.c) so many times; a sum over the tokens. */
#include "../json.c"

static const char RECORD[] =
    "{\"name\": \"Ada \\\"Countess\\\" Lovelace\", \"born\": 1815, \"languages\": [\"en\", \"fr\", \"\\u2124\"],\n"
    "  \"engine\": {\"digits\": 31, \"speed\": 0.33, \"steam\": true, \"built\": false, \"cost\": 1.7e+4},\n"
    "  \"notes\": [\"A\", \"B\", \"C\", \"D\", \"E\", \"F\", \"G\"], \"patron\": null, \"offset\": -12.5e-3}";

static uint32_t make_text(void) {
    uint32_t length = 0;
    text[length++] = '[';
    while (length < 4000) {
        if (length > 1) text[length++] = ',';
        text[length++] = '\n';
        for (uint32_t i = 0; RECORD[i]; i++) text[length++] = RECORD[i];
    }
    text[length++] = ']';
    return length;
}

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t length = make_text(), sum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        int32_t count = tokenize(length);
        for (int32_t i = 0; i < count; i++) sum = sum * 31 + tokens[i].kind + tokens[i].length;
    }
    return sum;
}
