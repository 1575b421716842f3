/** Starts the web: pages and API. Needs `--allow-net --allow-env --allow-read`, and no secret key. */
import { serveWeb } from "./routes/serve.ts";

await serveWeb(new URL(".", import.meta.url).href);
