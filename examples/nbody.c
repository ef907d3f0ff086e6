/* The outer solar system as five bodies, in double precision (the n-body problem of the Computer Language
 * Benchmarks Game, written anew). reset(): back to the start, momentum zero; energy(): total energy;
 * advance(steps, dt): moves the bodies. */
#include "wasm.h"

#define BODIES 5
#define SOLAR_MASS 39.47841760435743
#define YEAR 365.24

typedef struct {
    double position[3], velocity[3], mass;
} Body;

static const Body START[BODIES] = {
    {{0, 0, 0}, {0, 0, 0}, SOLAR_MASS},
    {{4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01},
     {1.66007664274403694e-03 * YEAR, 7.69901118419740425e-03 * YEAR, -6.90460016972063023e-05 * YEAR},
     9.54791938424326609e-04 * SOLAR_MASS},
    {{8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01},
     {-2.76742510726411160e-03 * YEAR, 4.99852801234917238e-03 * YEAR, 2.30417297573763929e-05 * YEAR},
     2.85885980666130812e-04 * SOLAR_MASS},
    {{1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01},
     {2.96460137564761618e-03 * YEAR, 2.37847173959480950e-03 * YEAR, -2.96589568540237556e-05 * YEAR},
     4.36624404335156298e-05 * SOLAR_MASS},
    {{1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01},
     {2.68067772490389322e-03 * YEAR, 1.62824170038242295e-03 * YEAR, -9.51592254519715870e-05 * YEAR},
     5.15138902046611451e-05 * SOLAR_MASS},
};

static Body bodies[BODIES];

static double distance(const Body *a, const Body *b, double d[3]) {
    double square = 0;
    for (int k = 0; k < 3; k++) {
        d[k] = a->position[k] - b->position[k];
        square += d[k] * d[k];
    }
    return __builtin_sqrt(square);
}

void EXPORT(reset)(void) {
    for (int i = 0; i < BODIES; i++) bodies[i] = START[i];
    for (int k = 0; k < 3; k++) {
        double momentum = 0;
        for (int i = 1; i < BODIES; i++) momentum += bodies[i].velocity[k] * bodies[i].mass;
        bodies[0].velocity[k] = -momentum / SOLAR_MASS;
    }
}

double EXPORT(energy)(void) {
    double total = 0, d[3];
    for (int i = 0; i < BODIES; i++) {
        const double *v = bodies[i].velocity;
        total += 0.5 * bodies[i].mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        for (int j = i + 1; j < BODIES; j++)
            total -= bodies[i].mass * bodies[j].mass / distance(&bodies[i], &bodies[j], d);
    }
    return total;
}

static void attract(Body *a, Body *b, double dt) {
    double d[3], r = distance(a, b, d), magnitude = dt / (r * r * r);
    for (int k = 0; k < 3; k++) {
        a->velocity[k] -= d[k] * b->mass * magnitude;
        b->velocity[k] += d[k] * a->mass * magnitude;
    }
}

void EXPORT(advance)(int32_t steps, double dt) {
    for (int32_t step = 0; step < steps; step++) {
        for (int i = 0; i < BODIES; i++)
            for (int j = i + 1; j < BODIES; j++) attract(&bodies[i], &bodies[j], dt);
        for (int i = 0; i < BODIES; i++)
            for (int k = 0; k < 3; k++) bodies[i].position[k] += dt * bodies[i].velocity[k];
    }
}
