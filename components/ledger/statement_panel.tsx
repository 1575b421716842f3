import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { formatAmount, formatSignedAmount } from "../../lib/ledger/money.ts";
import { reasonOf, type Statement, type StatementLine, tipOf } from "../../lib/ledger/wallet_shapes.ts";
import { type Texts, useTexts } from "../layout/texts.ts";

/** Operations with words of their own; whatever else moved money is a transfer. */
const OPERATIONS = ["faucet", "credit", "deposit", "settlement", "reserve", "release", "tip"] as const;

/** What money was set aside for. */
const SUBJECTS = { withdrawal: "withdrawal", pool_request: "investment" } as const;

/** What moved the available money of one asset, with the balance after each line. */
export function StatementPanel({ statement, asset, scale, tabs, isFirst }: {
  statement: Statement;
  asset: string;
  scale: number;
  /** Assets to choose among. */
  tabs: readonly string[];
  isFirst: boolean;
}): JSX.Element {
  const { t } = useTexts();
  const { items, next_cursor } = statement;
  return (
    <section class="panel" aria-labelledby="statement">
      <div class="panel-head statement-head">
        <h2 id="statement">{t("wallet.statement")}</h2>
        <nav class="asset-tabs" aria-label={t("wallet.asset")}>
          {tabs.map((tab) => (
            <a key={tab} href={addressOf({ asset: tab })} aria-current={tab === asset ? "true" : undefined}>{tab}</a>
          ))}
        </nav>
        <a class="button outline" href={`/api/v1/wallet/statement.csv?${new URLSearchParams({ asset })}`} download>
          {t("wallet.csv")}
        </a>
      </div>
      {items.length === 0 ? <p class="empty">{t("wallet.none")}</p> : (
        <table class="table statement">
          <thead>
            <tr>
              <th scope="col">{t("wallet.time")}</th>
              <th scope="col">{t("wallet.entry")}</th>
              <th scope="col" class="num">{t("wallet.amount")}</th>
              <th scope="col" class="num">{t("wallet.balance")}</th>
            </tr>
          </thead>
          <tbody>{items.map((line) => <Line key={line.transfer_id} line={line} asset={asset} scale={scale} />)}</tbody>
        </table>
      )}
      {(next_cursor !== null || !isFirst) && (
        <nav class="panel-foot statement-foot" aria-label={t("wallet.statement")}>
          {!isFirst && <a class="button secondary" href={addressOf({ asset })}>{t("wallet.newest")}</a>}
          {next_cursor !== null && (
            <a class="button secondary" href={addressOf({ asset, cursor: next_cursor })} rel="next">
              {t("wallet.older")}
            </a>
          )}
        </nav>
      )}
    </section>
  );
}

function Line({ line, asset, scale }: { line: StatementLine; asset: string; scale: number }): JSX.Element {
  const texts = useTexts();
  const { locale, timeZone } = texts;
  const reason = reasonOf(line) ?? tipOf(line);
  return (
    <tr>
      <td class="when">
        <time dateTime={line.at}>{formatDayTime(Date.parse(line.at), locale, timeZone)}</time>
      </td>
      <td class="what">
        {operationText(texts, line)}
        {reason !== null && <span class="sub">{reason}</span>}
      </td>
      <td class="num moved">{formatSignedAmount(line.amount, asset, scale)}</td>
      <td class="num left">{formatAmount(line.balance_after, asset, scale)}</td>
    </tr>
  );
}

function operationText({ t }: Texts, { operation, memo }: StatementLine): string {
  const subject = Object.entries(SUBJECTS).find(([type]) => type === memo.subject_type)?.[1];
  if (subject !== undefined && operation === "reserve") return t(`wallet.op_${subject}`);
  if (subject !== undefined && operation === "release") return t(`wallet.op_${subject}_back`);
  return t(`wallet.op_${OPERATIONS.find((each) => each === operation) ?? "other"}`);
}

function addressOf(params: Record<string, string>): string {
  return `/wallet?${new URLSearchParams(params)}`;
}
