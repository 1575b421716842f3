import type { ApiApp } from "../openapi.ts";
import type { Services } from "../services.ts";
import { addChatApi } from "./chat_api.ts";
import { addModerationApi } from "./moderation_api.ts";
import { addStreamsApi } from "./streams_api.ts";
import { addTipsApi } from "./tips_api.ts";
import { addViewersApi } from "./viewers_api.ts";

/** Adds the API of rooms. What has a name of its own under `/streaming` comes before streams, which have ids there. */
export function addRoomsApi(app: ApiApp, services: Services): void {
  addViewersApi(app, services);
  addTipsApi(app, services);
  addStreamsApi(app, services);
  addChatApi(app, services);
  addModerationApi(app, services);
}
