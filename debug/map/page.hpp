// SPDX-License-Identifier: MIT
// The page around a document: one HTML file with everything in it, that asks for nothing else.
#pragma once

#include <string>
#include <string_view>

namespace arenite::map {

/// zlib's format, which browsers undo as "deflate". Throws std::bad_alloc.
std::string deflate(std::string_view bytes);
std::string base64(std::string_view bytes);

/// `document`: what `encode` returned.
std::string make_page(std::string_view document);

/// What stands before and behind it; generated from page/ when the tool is built.
extern const std::string_view kPageHead;
extern const std::string_view kPageTail;

}  // namespace arenite::map
