// SPDX-License-Identifier: MIT
// A small ray tracer in the functional manner: every vector, ray and hit is an object on the heap,
// as in a language that boxes its values. Measures short-lived objects of 24 to 32 bytes with a
// little arithmetic between. Every pixel is checked to be a colour. Resembles c-ray and smallpt
// with boxed values.
#include <cmath>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "bench/support/arguments.hpp"
#include "bench/support/check.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

struct Triple {
  double x, y, z;
};
using Vector = std::unique_ptr<const Triple>;

Vector vector(double x, double y, double z) {
  return std::make_unique<Triple>(Triple{x, y, z});
}
Vector operator+(const Vector& a, const Vector& b) {
  return vector(a->x + b->x, a->y + b->y, a->z + b->z);
}
Vector operator-(const Vector& a, const Vector& b) {
  return vector(a->x - b->x, a->y - b->y, a->z - b->z);
}
Vector operator*(const Vector& a, double factor) {
  return vector(a->x * factor, a->y * factor, a->z * factor);
}
double dot(const Vector& a, const Vector& b) {
  return a->x * b->x + a->y * b->y + a->z * b->z;
}
Vector unit(const Vector& a) {
  return a * (1 / std::sqrt(dot(a, a)));
}

struct Ray {
  Vector origin;
  Vector direction;
};

struct Sphere {
  Vector centre;
  double radius;
  double brightness;
  double mirror;
};

struct Hit {
  double distance;
  const Sphere* sphere;
  Vector point;
  Vector normal;
};

using Scene = std::vector<std::unique_ptr<const Sphere>>;

// Null when the ray misses, or meets the sphere behind its origin.
std::unique_ptr<const Hit> meet(const Ray& ray, const Sphere& sphere) {
  const Vector offset = ray.origin - sphere.centre;
  const double along = dot(offset, ray.direction);
  const double inside = along * along - dot(offset, offset) + sphere.radius * sphere.radius;
  if (inside < 0) return nullptr;
  const double distance = -along - std::sqrt(inside);
  if (distance < 1e-6) return nullptr;
  Vector point = ray.origin + ray.direction * distance;
  Vector normal = unit(point - sphere.centre);
  return std::make_unique<Hit>(Hit{distance, &sphere, std::move(point), std::move(normal)});
}

std::unique_ptr<const Hit> nearest(const Scene& scene, const Ray& ray) {
  std::unique_ptr<const Hit> best;
  for (const auto& sphere : scene) {
    auto hit = meet(ray, *sphere);
    if (hit && (!best || hit->distance < best->distance)) best = std::move(hit);
  }
  return best;
}

double colour(const Scene& scene, const Ray& ray, const Vector& light, int depth) {
  const auto hit = nearest(scene, ray);
  if (!hit) return 0.1 + 0.1 * std::abs(ray.direction->y);
  const auto to_light = std::make_unique<Ray>(Ray{hit->point + hit->normal * 1e-4, light * 1});
  const double lit = nearest(scene, *to_light) ? 0 : std::fmax(0, dot(hit->normal, light));
  double value = hit->sphere->brightness * (0.2 + 0.8 * lit);
  if (depth > 0 && hit->sphere->mirror > 0) {
    Vector bounced = unit(ray.direction - hit->normal * (2 * dot(ray.direction, hit->normal)));
    const auto reflected =
        std::make_unique<Ray>(Ray{hit->point + hit->normal * 1e-4, std::move(bounced)});
    const double mirror = hit->sphere->mirror;
    value = value * (1 - mirror) + colour(scene, *reflected, light, depth - 1) * mirror;
  }
  return value;
}

Scene pyramid() {
  Scene scene;
  for (int level = 0; level < 4; ++level) {
    for (int place = 0; place <= level; ++place) {
      scene.push_back(std::make_unique<Sphere>(
          Sphere{vector(place - level / 2.0, 1.2 - 0.85 * level, 4 + 0.3 * ((place + level) % 3)),
                 0.48, 0.5 + 0.1 * ((place * 3 + level) % 5), 0.15 * (place % 3)}));
    }
  }
  return scene;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "raytrace [width=1000] [height=750]");
  arguments.expect_at_most(2);
  const auto width = static_cast<int>(arguments.number(1, 1000));
  const auto height = static_cast<int>(arguments.number(2, 750));
  if (width <= 0 || height <= 0) arguments.refuse();

  const Stopwatch watch;
  const Scene scene = pyramid();
  const Vector light = unit(vector(0.5, 0.7, -0.6));
  double total = 0;
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const Ray ray{vector(0, 0, -2),
                    unit(vector((column - width / 2.0) / width, (height / 2.0 - row) / width, 1))};
      const double value = colour(scene, ray, light, 4);
      check(value >= 0 && value <= 1, "a pixel is no colour");
      total += value;
    }
  }
  const double pixels = static_cast<double>(width) * height;
  const double mean = total / pixels;
  check(mean > 0.1 && mean < 0.3, "the picture is too dark or too bright");
  std::printf("raytrace width=%d height=%d ns_per_pixel=%.0f brightness=%.4f\n", width, height,
              watch.nanoseconds() / pixels, mean);
}
