// SPDX-License-Identifier: Apache-2.0
// The stretch of a path between two of its ends and edges, over the mirrors between them: its length and the directions
// of travel of its legs, by unfolding (the image of its beginning in all mirrors, and straight on). So legs of no
// length have a direction too: a device on a face that reflects, a ray that turns in the line where two walls meet.
// Differentiable in: both ends, the mirrors' planes. Not in: which mirrors.
#pragma once

#include <cstddef>
#include <vector>

#include "raywave/paths/interaction.h"
#include "raywave/paths/unfold.h"

namespace raywave::paths {

template <class T>
struct Stretch {
  T length_m{};
  Vec3<T> first, last;  // unit directions of travel of its first and last leg
};

/// @param touches  the mirrors are those that mirror among touches [begin, end).
template <class T, class List>
RAYWAVE_HD Stretch<T> stretch(const Vec3<T>& from, const Vec3<T>& to, const List& touches, size_t begin, size_t end) {
  Vec3<T> image = from;
  for (size_t i = begin; i < end; ++i) {
    if (mirrors(touches[i].type)) image = unfold_detail::mirror(image, touches[i].bend);
  }
  Stretch<T> s;
  const Vec3<T> d = to - image;
  s.length_m = norm(d);
  s.first = s.last = d / s.length_m;
  for (size_t i = end; i-- > begin;) {
    if (mirrors(touches[i].type)) s.first = unfold_detail::mirror_direction(s.first, touches[i].bend);
  }
  return s;
}

/// The direction of travel before each touch, and at the target: [touches.size() + 1].
template <class T, class Touch>
void leg_directions(const Vec3<T>& source, const Vec3<T>& target, const std::vector<Touch>& touches,
                    std::vector<Vec3<T>>& out) {
  out.clear();
  Vec3<T> from = source;
  for (size_t begin = 0; begin <= touches.size();) {
    size_t end = begin;
    while (end < touches.size() && !touches[end].bend.is_edge) ++end;
    const Vec3<T>& to = end < touches.size() ? touches[end].point : target;
    Vec3<T> k = stretch(from, to, touches, begin, end).first;
    for (size_t i = begin; i <= end; ++i) {
      out.push_back(k);
      if (i < end && mirrors(touches[i].type)) k = unfold_detail::mirror_direction(k, touches[i].bend);
    }
    from = to;
    begin = end + 1;
  }
}

}  // namespace raywave::paths
