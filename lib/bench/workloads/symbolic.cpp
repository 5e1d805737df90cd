// SPDX-License-Identifier: MIT
// Symbolic algebra: random expressions are built, differentiated, simplified and evaluated, which
// makes and drops a great many nodes of 16 to 32 bytes through new and sized delete. The derivative
// is checked against a difference quotient. Resembles cfrac and espresso in what it asks of an
// allocator.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <utility>

#include "bench/support/arguments.hpp"
#include "bench/support/check.hpp"
#include "bench/support/random.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

class Node;
using Expression = std::unique_ptr<const Node>;

class Node {
 public:
  virtual ~Node() = default;
  virtual double at(double x) const = 0;
  virtual Expression derivative() const = 0;
  virtual Expression copy() const = 0;
  // The value of a constant, or a NaN.
  virtual double constant() const { return std::nan(""); }
};

Expression number(double value);
Expression sum(Expression left, Expression right);
Expression product(Expression left, Expression right);

class Number final : public Node {
 public:
  explicit Number(double value) : value_(value) {}
  double at(double) const override { return value_; }
  Expression derivative() const override { return number(0); }
  Expression copy() const override { return number(value_); }
  double constant() const override { return value_; }

 private:
  double value_;
};

class Variable final : public Node {
 public:
  double at(double x) const override { return x; }
  Expression derivative() const override { return number(1); }
  Expression copy() const override { return std::make_unique<Variable>(); }
};

class Sum final : public Node {
 public:
  Sum(Expression left, Expression right) : left_(std::move(left)), right_(std::move(right)) {}
  double at(double x) const override { return left_->at(x) + right_->at(x); }
  Expression derivative() const override { return sum(left_->derivative(), right_->derivative()); }
  Expression copy() const override { return std::make_unique<Sum>(left_->copy(), right_->copy()); }

 private:
  Expression left_;
  Expression right_;
};

class Product final : public Node {
 public:
  Product(Expression left, Expression right) : left_(std::move(left)), right_(std::move(right)) {}
  double at(double x) const override { return left_->at(x) * right_->at(x); }
  Expression derivative() const override {
    return sum(product(left_->derivative(), right_->copy()),
               product(left_->copy(), right_->derivative()));
  }
  Expression copy() const override {
    return std::make_unique<Product>(left_->copy(), right_->copy());
  }

 private:
  Expression left_;
  Expression right_;
};

class Sine final : public Node {
 public:
  Sine(Expression inner, double shift) : inner_(std::move(inner)), shift_(shift) {}
  double at(double x) const override { return std::sin(inner_->at(x) + shift_); }
  Expression derivative() const override {
    constexpr double kQuarterTurn = 1.57079632679489661923;
    return product(inner_->derivative(),
                   std::make_unique<Sine>(inner_->copy(), shift_ + kQuarterTurn));
  }
  Expression copy() const override { return std::make_unique<Sine>(inner_->copy(), shift_); }

 private:
  Expression inner_;
  double shift_;
};

Expression number(double value) {
  return std::make_unique<Number>(value);
}

// Simplified as it is built: constants are folded, neutral elements dropped.
Expression sum(Expression left, Expression right) {
  const double a = left->constant();
  const double b = right->constant();
  if (a == 0) return right;
  if (b == 0) return left;
  if (!std::isnan(a + b)) return number(a + b);
  return std::make_unique<Sum>(std::move(left), std::move(right));
}

Expression product(Expression left, Expression right) {
  const double a = left->constant();
  const double b = right->constant();
  if (a == 0 || b == 0) return number(0);
  if (a == 1) return right;
  if (b == 1) return left;
  if (!std::isnan(a * b)) return number(a * b);
  return std::make_unique<Product>(std::move(left), std::move(right));
}

Expression random_expression(Random& random, std::size_t depth) {
  if (depth == 0) {
    if (random.below(3) == 0) return number(static_cast<double>(random.below(9)) / 8 - 0.5);
    return std::make_unique<Variable>();
  }
  switch (random.below(5)) {
    case 0:
      return std::make_unique<Sine>(random_expression(random, depth - 1), 0);
    case 1:
    case 2:
      return product(random_expression(random, depth - 1), random_expression(random, depth - 1));
    default:
      return sum(random_expression(random, depth - 1), random_expression(random, depth - 1));
  }
}

// The slope is right within a tolerance, or too steep for a difference quotient to tell.
void check_slope(const Node& function, const Node& derivative, double x) {
  constexpr double kStep = 1e-6;
  const double slope = derivative.at(x);
  const double quotient = (function.at(x + kStep) - function.at(x - kStep)) / (2 * kStep);
  const double scale = std::max({1.0, std::abs(slope), std::abs(function.at(x))});
  check(std::abs(slope - quotient) <= 1e-3 * scale, "a derivative is wrong");
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "symbolic [expressions=3000] [depth=8]");
  arguments.expect_at_most(2);
  const std::size_t expressions = arguments.number(1, 3000);
  const std::size_t depth = arguments.number(2, 8);

  Random random(7);
  const Stopwatch watch;
  double checksum = 0;
  for (std::size_t done = 0; done < expressions; ++done) {
    const Expression function = random_expression(random, depth);
    const Expression first = function->derivative();
    const Expression second = first->derivative();
    check_slope(*function, *first, 0.3);
    checksum += std::tanh(second->at(0.3));
  }
  std::printf("symbolic expressions=%zu depth=%zu us_per_expression=%.2f checksum=%.6f\n",
              expressions, depth, watch.nanoseconds() / 1000 / static_cast<double>(expressions),
              checksum);
}
