import type { List } from "@tasklane/web-contract";

export type Color = NonNullable<List["color"]>;

export const colorNames: Record<Color, string> = {
  red: "Red",
  orange: "Orange",
  yellow: "Yellow",
  green: "Green",
  teal: "Teal",
  blue: "Blue",
  purple: "Purple",
  pink: "Pink",
  brown: "Brown",
  gray: "Gray",
};

export const colors = Object.keys(colorNames) as Color[];
