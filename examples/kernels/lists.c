/* Singly linked lists. kernel(rounds): builds a list of 500 random numbers, sorts it by merging, reverses it and removes
 * the odd numbers, so many times; a sum over what is left. */
#include "random.h"

typedef struct Node {
    struct Node *next;
    uint32_t value;
} Node;

static Node nodes[500];

static Node *build(uint32_t count) {
    Node *list = NULL;
    for (uint32_t i = 0; i < count; i++) {
        nodes[i] = (Node){list, random_next() >> 8};
        list = &nodes[i];
    }
    return list;
}

static Node *merge(Node *a, Node *b) {
    Node head, *last = &head;
    while (a && b) {
        if (a->value <= b->value) {
            last->next = a;
            a = a->next;
        } else {
            last->next = b;
            b = b->next;
        }
        last = last->next;
    }
    last->next = a ? a : b;
    return head.next;
}

static Node *sort(Node *list, uint32_t count) {
    if (count == 1) {
        list->next = NULL;
        return list;
    }
    Node *middle = list;
    for (uint32_t i = 0; i < count / 2; i++) middle = middle->next;
    Node *right = sort(middle, count - count / 2);
    return merge(sort(list, count / 2), right);
}

static Node *reverse(Node *list) {
    Node *result = NULL;
    while (list) {
        Node *next = list->next;
        list->next = result;
        result = list;
        list = next;
    }
    return result;
}

static Node *remove_odd(Node *list) {
    while (list && list->value & 1) list = list->next;
    for (Node *node = list; node; node = node->next)
        while (node->next && node->next->value & 1) node->next = node->next->next;
    return list;
}

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t sum = 0;
    random_state = 1;
    for (uint32_t round = 0; round < rounds; round++) {
        Node *list = remove_odd(reverse(sort(build(500), 500)));
        for (; list; list = list->next) sum = sum * 31 + list->value;
    }
    return sum;
}
