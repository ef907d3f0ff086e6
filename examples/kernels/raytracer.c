/* A ray tracer: spheres that reflect, over a chequered floor, with one light and hard shadows.
 * kernel(size): the sum of the brightness of size by size rays. */
#include "../wasm.h"

typedef struct {
    double x, y, z;
} Vector;

typedef struct {
    Vector centre;
    double radius, colour, reflection;
} Sphere;

static const Sphere SPHERES[] = {
    {{0, 0, 5}, 1, 0.9, 0.3},
    {{-1.5, 0.5, 4}, 0.5, 0.6, 0.5},
    {{1.25, -0.5, 3.5}, 0.5, 0.8, 0.1},
    {{0.5, 1.25, 6}, 0.75, 0.4, 0.6},
};
static const Vector LIGHT = {-4, 5, -2};

#define FLOOR (-1.0)
#define FAR 1e9
#define BOUNCES 3

static Vector add(Vector a, Vector b) { return (Vector){a.x + b.x, a.y + b.y, a.z + b.z}; }

static Vector subtract(Vector a, Vector b) { return (Vector){a.x - b.x, a.y - b.y, a.z - b.z}; }

static Vector scale(Vector a, double k) { return (Vector){a.x * k, a.y * k, a.z * k}; }

static double dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

static Vector normal(Vector a) { return scale(a, 1 / __builtin_sqrt(dot(a, a))); }

/* The distance along the ray at which it meets the sphere, or FAR. */
static double meet(const Sphere *sphere, Vector origin, Vector direction) {
    Vector to = subtract(sphere->centre, origin);
    double along = dot(to, direction);
    double square = along * along - dot(to, to) + sphere->radius * sphere->radius;
    if (along < 0 || square < 0) return FAR;
    double distance = along - __builtin_sqrt(square);
    return distance > 1e-6 ? distance : FAR;
}

static int lit(Vector point) {
    Vector direction = normal(subtract(LIGHT, point));
    for (int i = 0; i < 4; i++)
        if (meet(&SPHERES[i], point, direction) < FAR) return 0;
    return 1;
}

static double shade(Vector point, Vector up, double colour) {
    if (!lit(point)) return colour * 0.1;
    double light = dot(up, normal(subtract(LIGHT, point)));
    return colour * (light > 0.1 ? light : 0.1);
}

static double trace(Vector origin, Vector direction, int bounces) {
    const Sphere *nearest = NULL;
    double distance = FAR;
    for (int i = 0; i < 4; i++) {
        double d = meet(&SPHERES[i], origin, direction);
        if (d < distance) {
            distance = d;
            nearest = &SPHERES[i];
        }
    }
    if (nearest) {
        Vector point = add(origin, scale(direction, distance));
        Vector up = scale(subtract(point, nearest->centre), 1 / nearest->radius);
        double brightness = shade(point, up, nearest->colour);
        if (!bounces) return brightness;
        Vector mirrored = subtract(direction, scale(up, 2 * dot(up, direction)));
        return brightness + nearest->reflection * trace(point, mirrored, bounces - 1);
    }
    if (direction.y >= 0) return 0.5 * direction.y;
    Vector point = add(origin, scale(direction, (FLOOR - origin.y) / direction.y));
    int chequer = ((int)__builtin_floor(point.x) + (int)__builtin_floor(point.z)) & 1;
    return point.z > 40 ? 0 : shade(point, (Vector){0, 1, 0}, chequer ? 0.8 : 0.2);
}

double EXPORT(kernel)(uint32_t size) {
    double sum = 0;
    for (uint32_t row = 0; row < size; row++)
        for (uint32_t column = 0; column < size; column++) {
            Vector direction = {(double)column / size - 0.5, 0.5 - (double)row / size, 1};
            sum += trace((Vector){0, 0, 0}, normal(direction), BOUNCES);
        }
    return sum;
}
