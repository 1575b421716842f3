// One module for the islands every live page shares: apart, they compress worse and cost a request each.
export { mount as feed_status } from "./feed_status.tsx";
export { mount as markets_table } from "./markets_table.tsx";
export { mount as ticker_strip } from "./ticker_strip.tsx";
// What toasts share with the rest of the page.
export { pageConnection } from "../../lib/realtime/client/connection.ts";
