import { z } from "zod";
import { WalletPage } from "../../components/ledger/wallet_page.tsx";
import { ASSET_PATTERN } from "../../lib/ledger/wallet_shapes.ts";
import { accountOf, renderOwn } from "../accounts/own_page.tsx";
import { newClientId, personally, saidTo, toDone } from "../accounts/personal.ts";
import type { App } from "../context.ts";
import { readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { amountField, assetField } from "./parts.ts";

const PATH = "/wallet";

/** Lines of a page. */
const LINES_LIMIT = 25;

/** Deposits looked through for those that wait to be paid. */
const DEPOSITS_LIMIT = 5;

const faucetForm = z.object({ client_id: z.uuid(), asset: assetField, amount: amountField });

/** Adds the page of one's money, and in local mode the faucet's form. */
export function addWalletPage(app: App, services: Services): void {
  const { wallets, deposits, settings, nowMs } = services;
  const isLocal = settings.mode === "local";
  app.get(PATH, (c) => {
    const { pathname, search } = new URL(c.req.url);
    return personally(c, services, `${pathname}${search}`, async (session) => {
      const asset = ASSET_PATTERN.exec(c.req.query("asset") ?? "")?.[0] ?? "EUR";
      const cursor = /^\d{1,18}$/.exec(c.req.query("cursor") ?? "")?.[0] ?? null;
      const [account, wallet, statement, assets, begun] = await Promise.all([
        accountOf(services, session),
        wallets.wallet(session.accessToken),
        wallets.statement(session.accessToken, { asset, limit: LINES_LIMIT, cursor }),
        wallets.assets(session.accessToken),
        deposits.list(session.accessToken, { limit: DEPOSITS_LIMIT, cursor: null }),
      ]);
      const { kyc_status, withdrawals_frozen_until: frozen } = account.profile;
      const withdrawal = {
        isVerified: kyc_status === "verified",
        frozenUntil: frozen !== null && Date.parse(frozen) > nowMs() ? frozen : null,
        clientId: newClientId(services),
        isPaper: isLocal,
      };
      const deposit = begun.offered
        ? { clientId: newClientId(services), waiting: begun.items.filter(({ status }) => status === "waiting") }
        : null;
      const faucet = isLocal ? { clientId: newClientId(services) } : null;
      const body = (
        <WalletPage
          {...{ wallet, statement, assets, asset, faucet, withdrawal, deposit }}
          isFirst={cursor === null}
          {...saidTo(c)}
        />
      );
      return renderOwn(c, services, session, "wallet.title", body);
    });
  });
  if (!isLocal) return;
  app.post(`${PATH}/faucet`, (c) =>
    personally(c, services, PATH, async ({ accessToken }) => {
      const { client_id, ...amount } = await readForm(c, faucetForm);
      await wallets.useFaucet(accessToken, amount, client_id);
      return toDone(c, PATH, "wallet.faucet_done");
    }));
}
