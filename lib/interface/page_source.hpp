// SPDX-License-Identifier: MIT
// Where a heap gets its address range and its pages from. Implementations: os/linux_pages.hpp (the
// system), os/fake_pages.hpp (a buffer), os/faulty_pages.hpp (fails on the n-th call).
#pragma once

#include <concepts>
#include <cstddef>

#include "base/strong.hpp"

namespace arenite {

enum class PageSize { small, large };

/// reserve   address space of `bytes`, aligned, not accessible; 0 if it cannot be had.
/// unreserve gives a whole reservation back.
/// commit    makes a stretch readable and writable; pages never used before read as zero. False if
///           refused; nothing has changed then.
/// decommit  gives the pages back to the system; the stretch stays accessible and reads as zero.
///           False if refused: contents are then as they were.
/// move      moves pages from one committed stretch to another of the same size; the old one reads
///           as zero afterwards. False if refused: nothing has changed then.
/// prefer    a wish, how pages of a stretch come when they are touched; never fails.
/// reserve_limit  what a reservation may take at most, in bytes (limits of the process).
/// All are called with the heap's range lock held, except reserve and unreserve; all addresses and
/// sizes are multiples of the geometry's page.
template <class P>
concept PageSource = requires(P pages, Address at, std::size_t bytes, PageSize size) {
  { pages.reserve(bytes, bytes) } -> std::same_as<Address>;
  { pages.unreserve(at, bytes) };
  { pages.commit(at, bytes) } -> std::same_as<bool>;
  { pages.decommit(at, bytes) } -> std::same_as<bool>;
  { pages.move(at, at, bytes) } -> std::same_as<bool>;
  { pages.prefer(at, bytes, size) };
  { pages.reserve_limit() } -> std::same_as<std::size_t>;
};

}  // namespace arenite
