/** Light or dark: what the system says, unless the person chose. */
import { useEffect, useState } from "preact/hooks";
import type { Theme } from "./map/base-map.ts";

const KEY = "earshot-theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<(theme: Theme) => void>();

export function currentTheme(): Theme {
  const chosen = readChoice();
  return chosen ?? (system.matches ? "dark" : "light");
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  tell(theme);
}

export function useTheme(): Theme {
  const [theme, setTheme] = useState(currentTheme);
  useEffect(() => {
    listeners.add(setTheme);
    return () => void listeners.delete(setTheme);
  }, []);
  return theme;
}

system.addEventListener("change", () => tell(currentTheme()));
tell(currentTheme());

function tell(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener(theme);
}

function readChoice(): Theme | undefined {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : undefined;
  } catch {
    return undefined;
  }
}
