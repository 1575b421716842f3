import { OpenAPIHono } from "@hono/zod-openapi";
import { methodNotAllowed } from "hono/method-not-allowed";
import { middlewareOf } from "./_middleware.ts";
import { addAdminApi } from "./admin/api.ts";
import { addAdminPages } from "./admin/pages.tsx";
import { addAuthApi } from "./accounts/auth_api.ts";
import { addDataPages } from "./accounts/data_pages.tsx";
import { addLimitsApi } from "./accounts/limits_api.ts";
import { addLimitsPage } from "./accounts/limits_page.tsx";
import { addMailPages } from "./accounts/mail_pages.tsx";
import { addSecurityPages } from "./accounts/security_pages.tsx";
import { addSettingsPages } from "./accounts/settings_pages.tsx";
import { addStepUp } from "./accounts/step_up.tsx";
import { addPreferencesPage, keepInProfile } from "./accounts/preferences_page.tsx";
import { addAccountPages } from "./accounts/pages.tsx";
import { addAccountApi } from "./accounts/api.ts";
import { addAssetRoutes } from "./assets.ts";
import type { App, AppEnv } from "./context.ts";
import { addHealthApi } from "./health.ts";
import { addCreditPages } from "./ledger/credit_pages.tsx";
import { addCreditsApi } from "./ledger/credits_api.ts";
import { addDepositPages } from "./ledger/deposit_pages.tsx";
import { addPaymentsApi } from "./ledger/payments_api.ts";
import { addWalletApi } from "./ledger/wallet_api.ts";
import { addWalletPage } from "./ledger/wallet_page.tsx";
import { addWithdrawalPages } from "./ledger/withdrawal_pages.tsx";
import { addWithdrawalsApi } from "./ledger/withdrawals_api.ts";
import { addAlertPages } from "./market/alert_pages.tsx";
import { addAlertsApi } from "./market/alerts_api.ts";
import { addMarketApi } from "./market/api.ts";
import { addDepthApi } from "./market/depth_api.ts";
import { addCandleDownload } from "./market/history.ts";
import { addMonitorPage } from "./market/monitor_page.tsx";
import { addMarketPages } from "./market/pages.tsx";
import { addQuarantinePage } from "./market/quarantine_page.tsx";
import { addCandleStream } from "./market/stream.ts";
import { addOpenApiDocument, refuseInvalid } from "./openapi.ts";
import { addInvestmentPages } from "./pools/investment_pages.tsx";
import { addInvestmentsApi } from "./pools/investments_api.ts";
import { addOrderPages } from "./pools/order_pages.tsx";
import { addPoolPages } from "./pools/pool_pages.tsx";
import { addPoolsApi } from "./pools/pools_api.ts";
import { addLivePages } from "./rooms/live_pages.tsx";
import { addRoomPages } from "./rooms/room_pages.tsx";
import { addRoomsApi } from "./rooms/rooms_api.ts";
import { addStudioPages } from "./rooms/studio_pages.tsx";
import { addUserPages } from "./rooms/user_pages.tsx";
import { addPreferences } from "./preferences.ts";
import { answerError, answerProblem } from "./problems.tsx";
import type { Services } from "./services.ts";

/** Puts the web together: pages, API and files. It listens nowhere; `app.request("/")` is enough to use it. */
export function createApp(services: Services): App {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
  app.onError((error, c) => answerError(c, services, error));
  app.notFound((c) => answerProblem(c, services, "not_found", "There is nothing at this address"));
  const [first, ...rest] = middlewareOf(services);
  if (first) app.use("*", first, ...rest);
  app.use(
    "*",
    methodNotAllowed({
      app,
      onMethodNotAllowed(c, methods) {
        const answer = answerProblem(c, services, "method_not_allowed", `Use ${methods.join(" or ")} here`);
        answer.headers.set("allow", methods.join(", "));
        return answer;
      },
    }),
  );
  addHealthApi(app, services);
  addAccountApi(app, services);
  addAuthApi(app, services);
  addMarketApi(app, services);
  addCandleDownload(app, services);
  addDepthApi(app, services);
  addAlertsApi(app, services);
  addCandleStream(app, services);
  addLimitsApi(app, services);
  addWalletApi(app, services);
  addPoolsApi(app, services);
  addInvestmentsApi(app, services);
  addPaymentsApi(app, services);
  addWithdrawalsApi(app, services);
  addRoomsApi(app, services);
  addAdminApi(app, services);
  addCreditsApi(app, services);
  addOpenApiDocument(app, services);
  addStudioPages(app, services);
  addUserPages(app, services);
  addPreferences(app, keepInProfile(services));
  addPreferencesPage(app, services);
  addMarketPages(app, services);
  addMonitorPage(app, services);
  addAlertPages(app, services);
  addQuarantinePage(app, services);
  addAccountPages(app, services);
  addMailPages(app, services);
  addSettingsPages(app, services);
  addSecurityPages(app, services);
  addDataPages(app, services);
  addLimitsPage(app, services);
  addStepUp(app, services);
  addWalletPage(app, services);
  addDepositPages(app, services);
  addWithdrawalPages(app, services);
  addPoolPages(app, services);
  addOrderPages(app, services);
  addInvestmentPages(app, services);
  addLivePages(app, services);
  addRoomPages(app, services);
  addAdminPages(app, services);
  addCreditPages(app, services);
  addAssetRoutes(app, services);
  return app;
}
