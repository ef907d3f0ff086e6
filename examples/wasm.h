/* What every C library example includes: fixed-width names, and EXPORT to give a function its export name. */
#ifndef WASM_H
#define WASM_H

#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

#endif
