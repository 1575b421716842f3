import { step } from "../../supabase/embedded/testing.ts";
import { findChromium, launchChromium } from "../chromium.ts";
import { startDevStack } from "../dev_stack.ts";
import { signInAdmin, testKeyboard, testLanguages, testPhone } from "./accounts_languages.ts";
import { testSecondFactor } from "./accounts_second_factor.ts";
import {
  type Scene,
  type StorageState,
  testDevices,
  testMailedLink,
  testPassword,
  testPreferences,
  testSignOut,
} from "./accounts_sign_in.ts";

/** Each is a world of its own; what they share is a stack and a browser, which take the longest to start. */
const PARTS: readonly [says: string, test: (scene: Scene) => Promise<void>][] = [
  ["a password is chosen, forgotten and reset by mail (ASVS 5: 6.2.6, 6.3.8, 6.4.3)", testPassword],
  ["a mailed link signs in, once (ASVS 5: 6.5.1)", testMailedLink],
  ["signing out leaves nothing behind the back button (ASVS 5: 7.4.1, 7.4.4)", testSignOut],
  ["a device signed out elsewhere leaves by itself (ASVS 5: 7.4.1, 7.5.2)", testDevices],
  ["a second factor is set up, asked for in a dialog, and taken once (ASVS 5: 6.5.1, 7.5.1, 7.5.3)", testSecondFactor],
  ["language, theme and time zone follow their owner", testPreferences],
  ["every page is French to the French and Spanish to the Spanish", testLanguages],
  ["a keyboard reaches every control, and shows where it is", testKeyboard],
  ["a phone shows every page whole, with controls for fingers", testPhone],
];

Deno.test({
  name: "accounts in a browser",
  ignore: findChromium() === null,
  // The browser and the stack are closed below; Playwright keeps timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await using stack = await startDevStack();
    const browser = await launchChromium();
    try {
      let admin: Promise<StorageState> | undefined;
      const scene = { stack, browser, admin: () => admin ??= signInAdmin(stack, browser) };
      for (const [says, test] of PARTS) await step(t, says, () => test(scene));
    } finally {
      await browser.close();
    }
  },
});
