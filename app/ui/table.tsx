import type { ReactNode } from "react";
import { cx } from "./cx";
import styles from "./table.module.css";

/** A column as data: named once, used by every table that shows it. */
export interface Column<Row> {
  id: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  align?: "start" | "end";
  /** CSS width; columns without one share what is left. */
  width?: string;
  /** On a phone: `title` heads the card, `hide` is left out, anything else is a line with the header as its name. */
  phone?: "title" | "hide" | "line";
  /** What the header is called where it is drawn as an icon or not at all. */
  label?: string;
  nowrap?: boolean;
}

/**
 * Rows as a table; on a phone each row is a card. `caption` names it for screen readers. Row height follows the viewer's density.
 * `empty` is shown in place of rows.
 */
export function Table<Row>({
  columns,
  rows,
  rowKey,
  caption,
  empty,
  current,
  headless = false,
}: {
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  caption: string;
  empty?: ReactNode;
  /** Key of the row that is open beside the table. */
  current?: string;
  /** Hides the header line from view; it stays for screen readers. */
  headless?: boolean;
}) {
  if (rows.length === 0 && empty) return <>{empty}</>;
  return (
    <div className={styles.scroll}>
      <table className={cx(styles.table, headless && styles.headless)}>
        <caption className="visually-hidden">{caption}</caption>
        <thead className={cx(headless && "visually-hidden")}>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" style={{ width: column.width }} className={cx(column.align === "end" && styles.end)}>
                {column.header || <span className="visually-hidden">{column.label}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} aria-current={current === rowKey(row) || undefined} className={cx(current === rowKey(row) && styles.on)}>
              {columns.map((column) => (
                <Cell key={column.id} column={column} row={row} headless={headless} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell<Row>({ column, row, headless }: { column: Column<Row>; row: Row; headless: boolean }) {
  const name = column.label ?? (typeof column.header === "string" ? column.header : undefined);
  return (
    <td
      style={headless ? { width: column.width } : undefined}
      data-label={column.phone === "title" || headless ? undefined : name}
      className={cx(
        column.align === "end" && styles.end,
        column.nowrap && styles.nowrap,
        column.phone === "title" && styles.title,
        column.phone === "hide" && styles.hide,
      )}
    >
      {column.cell(row)}
    </td>
  );
}
