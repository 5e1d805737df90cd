// SPDX-License-Identifier: MIT
// Colours that people with any colour vision can tell apart: ramps that rise in lightness all along
// (viridis, cividis), categories after Okabe and Ito, purple against orange for what shrank and grew.

const kViridis = ["#440154", "#472f7d", "#38598c", "#26818e", "#21a784", "#6ece58", "#fde725"];
const kCividis = ["#00204d", "#31446b", "#666970", "#958f78", "#cbba69", "#ffea46"];
const kCategories = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"];
const kOthers = "#8a8f96";

const Themes = {
  light: {
    untouched: "#f1efe9", decommitted: "#e2dfd6", dirty: "#bdb7a8", unclear: "#d1105a", span: "#7c8aa5", none: "#d4d1c8",
    ground: "#ffffff", guard: "#5b6470", held: "#cc79a7", free: "#f6f4ee", uncarved: "#e6e3da",
    change: ["#3f1f69", "#7257a3", "#ab9dcb", "#e9e7e2", "#f3b465", "#d07c12", "#863f02"],
    taken: "#d55e00", given: "#0072b2", other: "#009e73", viridis: [0, 0.95], cividis: [0.06, 1],
  },
  dark: {
    untouched: "#1d2126", decommitted: "#2a2f35", dirty: "#4b5158", unclear: "#ff5c8a", span: "#75839e", none: "#363c43",
    ground: "#1c2025", guard: "#8d97a3", held: "#cc79a7", free: "#24292e", uncarved: "#2f353b",
    change: ["#c9b6f5", "#9c83d6", "#6a57a0", "#3a3f45", "#a06a1c", "#dd9431", "#ffc878"],
    taken: "#ff8c42", given: "#4aa8e8", other: "#2fc39a", viridis: [0.14, 1], cividis: [0.2, 1],
  },
};

/// A function from [0, 1] to "rgb(…)", along the stops, within the part of them a theme uses.
function ramp(stops, [from, to]) {
  const scale = d3.scaleLinear().domain(stops.map((_, i) => i / (stops.length - 1))).range(stops);
  return (t) => scale(from + (to - from) * t);
}

/// A colour as a pixel of ImageData on a little-endian machine.
function pixel(colour) {
  const { r, g, b } = d3.rgb(colour);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/// What is not chosen recedes: most of the way to the ground.
const receded = (colour, theme) => d3.interpolateRgb(colour, theme.ground)(0.82);
