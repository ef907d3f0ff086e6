/* input(): address of up to 16384 signed 32-bit numbers; sort(n): sorts the first n of them in place.
 * find(n, x): the index of x in the n sorted numbers by bisection, or -1. */
#include "wasm.h"

static int32_t numbers[16384];

static void insertion_sort(int32_t *a, int32_t low, int32_t high) {
    for (int32_t i = low + 1; i <= high; i++) {
        int32_t x = a[i], j = i;
        for (; j > low && a[j - 1] > x; j--) a[j] = a[j - 1];
        a[j] = x;
    }
}

static int32_t partition(int32_t *a, int32_t low, int32_t high) {
    int32_t pivot = a[low + (high - low) / 2], i = low - 1, j = high + 1;
    for (;;) {
        do i++; while (a[i] < pivot);
        do j--; while (a[j] > pivot);
        if (i >= j) return j;
        int32_t swapped = a[i];
        a[i] = a[j];
        a[j] = swapped;
    }
}

static void quicksort(int32_t *a, int32_t low, int32_t high) {
    while (high - low > 12) {
        int32_t middle = partition(a, low, high);
        quicksort(a, low, middle);
        low = middle + 1;
    }
    insertion_sort(a, low, high);
}

int32_t *EXPORT(input)(void) { return numbers; }

void EXPORT(sort)(int32_t n) { quicksort(numbers, 0, n - 1); }

int32_t EXPORT(find)(int32_t n, int32_t x) {
    int32_t low = 0, high = n;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (numbers[middle] < x) low = middle + 1;
        else high = middle;
    }
    return low < n && numbers[low] == x ? low : -1;
}
