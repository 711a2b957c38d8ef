/** A plain-text table for a terminal or a log: columns as wide as their widest cell, two spaces between, no borders. */
export interface TableColumn {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** A longer cell ends in "…". */
export const cellCharactersMax = 60;

/** One line for the titles, one per row. An empty cell is shown as "-"; what could steer a terminal as "?". */
export function writeTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map((column) => column.title);
  const cells = rows.map((row) => columns.map((_, index) => showCell(row[index] ?? "")));
  const widths = columns.map((_, index) =>
    Math.max(...[titles, ...cells].map((row) => [...(row[index] ?? "")].length)),
  );
  return [titles, ...cells].map((row) =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align ?? "left"))
      .join("  ")
      .trimEnd(),
  );
}

function showCell(text: string): string {
  const printable = [...text.replace(/\p{C}/gu, "?").trim()];
  if (printable.length === 0) return "-";
  return printable.length <= cellCharactersMax
    ? printable.join("")
    : `${printable.slice(0, cellCharactersMax - 1).join("")}…`;
}

function pad(cell: string, width: number, align: "left" | "right"): string {
  const padding = " ".repeat(Math.max(0, width - [...cell].length));
  return align === "left" ? cell + padding : padding + cell;
}
