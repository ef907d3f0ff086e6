/* kernel(steps): moves the outer solar system (nbody.c) so many steps of a hundredth of a year; the energy after that. */
#include "../nbody.c"

double EXPORT(kernel)(uint32_t steps) {
    reset();
    advance(steps, 0.01);
    return energy();
}
