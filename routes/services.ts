import { type AuthApi, createAuthApi } from "../lib/accounts/edge/auth_api.ts";
import { limitAttempts } from "../lib/accounts/edge/attempts.ts";
import { type Auth, createAuth } from "../lib/accounts/edge/auth.ts";
import { sessionCookieName } from "../lib/accounts/edge/cookies.ts";
import { Devices } from "../lib/accounts/edge/devices.ts";
import { Sessions } from "../lib/accounts/edge/sessions.ts";
import { createTokenVerifier } from "../lib/accounts/edge/tokens.ts";
import { Deployment } from "../lib/kernel/edge/deployment.ts";
import type { Settings } from "../lib/kernel/edge/settings.ts";
import { createRpc, type Rpc } from "../lib/kernel/edge/supabase.ts";
import { createVoucher } from "../lib/kernel/edge/voucher.ts";
import type { Logger } from "../lib/kernel/log.ts";
import { CreditStore } from "../lib/ledger/edge/credit_store.ts";
import { DepositStore } from "../lib/ledger/edge/deposit_store.ts";
import { WalletStore } from "../lib/ledger/edge/wallet_store.ts";
import { WithdrawalStore } from "../lib/ledger/edge/withdrawal_store.ts";
import { CandleStreams } from "../lib/market/edge/candle_streams.ts";
import { AlertStore } from "../lib/market/edge/alert_store.ts";
import { MarketStore } from "../lib/market/edge/market_store.ts";
import { PoolStore } from "../lib/pools/edge/pool_store.ts";
import { createTopicHub, type TopicHub } from "../lib/realtime/edge/hub.ts";
import { WatchKeeper } from "../lib/realtime/edge/watch_keeper.ts";
import { ChatStore } from "../lib/rooms/edge/chat_store.ts";
import { RoomStore } from "../lib/rooms/edge/room_store.ts";
import { TipStore } from "../lib/rooms/edge/tip_store.ts";
import type { AssetStore } from "./assets.ts";

/** What the app is given: everything that differs between a server and a test. */
export interface AppDeps {
  settings: Settings;
  assets: AssetStore;
  logger: Logger;
  /** Reaches Supabase. */
  fetch: typeof fetch;
  nowMs: () => number;
  random: (bytes: number) => Uint8Array;
}

/** What routes work with. */
export interface Services extends AppDeps {
  auth: Auth;
  authApi: AuthApi;
  devices: Devices;
  /** Database functions, called as whoever asks. */
  rpc: Rpc;
  sessions: Sessions;
  cookieName: string;
  deployment: Deployment;
  store: MarketStore;
  alerts: AlertStore;
  wallets: WalletStore;
  pools: PoolStore;
  credits: CreditStore;
  withdrawals: WithdrawalStore;
  deposits: DepositStore;
  /** Streams, and who watches them. */
  rooms: RoomStore;
  /** What is said in rooms, and who decides about it. */
  chat: ChatStore;
  /** Tips, shared charts and cards. */
  tips: TipStore;
  hub: TopicHub;
  streams: CandleStreams;
  /** Exchange meant where none is named. */
  defaultExchange: string;
  /** Ends streams and connections, in well under two seconds. */
  close(): Promise<void>;
}

/** Time shutting down may spend on telling the database who left. */
const GOODBYE_ms_MAX = 1_000;

/** Puts the edge's parts together. Nothing is opened before it is needed. */
export function createServices(deps: AppDeps): Services {
  const { settings, logger, nowMs, random } = deps;
  const supabase = { url: settings.supabaseUrl, publishableKey: settings.publishableKey, fetch: deps.fetch };
  const vouch = settings.hmacKey === null ? undefined : createVoucher({ hmacKey: settings.hmacKey, nowMs });
  const rpc = createRpc({ ...supabase, vouch });
  const store = new MarketStore(rpc);
  const { auth, authApi } = limitAttempts({
    auth: createAuth({ ...supabase, nowMs }),
    authApi: createAuthApi({ ...supabase, nowMs }),
    rpc,
    logger,
  });
  const cookieName = sessionCookieName(settings.publicUrl);
  const tokens = createTokenVerifier({ supabaseUrl: settings.supabaseUrl, fetch: deps.fetch, nowMs });
  const hub = createTopicHub({ ...supabase, logger });
  const keeper = new WatchKeeper({ rpc, nowMs, logger });
  const streams = new CandleStreams({ hub, store, keeper, logger, nowMs, random });
  return {
    ...deps,
    auth,
    authApi,
    devices: new Devices({ rpc, cookieName, nowMs, random }),
    rpc,
    sessions: new Sessions({ auth, tokens, cookieName, nowMs }),
    cookieName,
    deployment: new Deployment({ rpc, mode: settings.mode, nowMs }),
    store,
    alerts: new AlertStore(rpc),
    wallets: new WalletStore(rpc),
    pools: new PoolStore(rpc),
    credits: new CreditStore(rpc),
    withdrawals: new WithdrawalStore(rpc),
    deposits: new DepositStore(rpc),
    rooms: new RoomStore(rpc),
    chat: new ChatStore(rpc),
    tips: new TipStore(rpc),
    hub,
    streams,
    defaultExchange: settings.mode === "local" ? "sim" : "binance",
    async close() {
      streams.close();
      await Promise.all([keeper.close(GOODBYE_ms_MAX), hub.close()]);
    },
  };
}
