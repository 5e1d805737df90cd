// SPDX-License-Identifier: MIT
// A library that does nothing, to be preloaded in place of Arenite.
extern "C" {
extern const int arenite_stand_in;
const int arenite_stand_in = 0;
}
