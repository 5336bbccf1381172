// Colours of Okabe and Ito, which people with any colour vision tell apart; as in the plots of the package.

export interface Theme {
  ink: string;
  faint: string;
  grid: string;
  paper: string;
  wave: string;
  speech: string;
  extra: string;
  start: string;
  stop: string;
  missed: string;
  false: string;
  lanes: string[];
}

const LIGHT: Theme = {
  ink: "#1d2733", faint: "#5c6873", grid: "#d9dee3", paper: "#ffffff", wave: "#3b4a59", speech: "#56b4e9",
  extra: "#56b4e9", start: "#009e73", stop: "#d55e00", missed: "#cc79a7", false: "#e69f00",
  lanes: ["#0072b2", "#d55e00", "#009e73", "#a0509a"],
};
const DARK: Theme = {
  ...LIGHT, ink: "#e4e9ee", faint: "#9aa7b3", grid: "#37424d", paper: "#171d23", wave: "#a9b8c6", speech: "#3d94c9",
  extra: "#3d94c9", lanes: ["#56b4e9", "#ff9a4a", "#2fc79c", "#d99ad2"],
};

/** Whether the page around is dark: what a notebook says of itself, or else the system. */
export function isDark(): boolean {
  const { body } = document;
  const jupyter = body.getAttribute("data-jp-theme-light");
  if (jupyter !== null) return jupyter === "false";
  const code = body.getAttribute("data-vscode-theme-kind");
  if (code !== null) return !code.includes("light");
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function themeOf(dark: boolean): Theme {
  return dark ? DARK : LIGHT;
}
