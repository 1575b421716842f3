const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** The page that asks for a demo name. No scripts, and a policy that allows none. */
export function signInPage(parameters: URLSearchParams, refusedLogin: string | undefined): Response {
  const kept = [...parameters].filter(([name]) => name !== "login")
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`).join("\n      ");
  const isRefused = refusedLogin !== undefined;
  const html = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="dark">
  <title>Local sign-in · Outcry</title>
  <style>
    * { box-sizing: border-box }
    body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: #05070A;
      color: #E6EDF3; font: 16px/1.5 "Inter Variable", Inter, system-ui, sans-serif }
    main { width: 100%; max-width: 380px; padding: 32px; background: #0C1118; border: 1px solid #1C2632; border-radius: 12px }
    .mark { display: inline-block; margin: 0 0 16px; padding: 2px 10px; border: 1px solid #3FD9FF; border-radius: 999px;
      color: #3FD9FF; font-size: 13px }
    h1 { margin: 0 0 8px; font-size: 22px; line-height: 1.25 }
    p { margin: 0 0 20px; color: #9FB0C0; font-size: 15px }
    label { display: block; margin-bottom: 6px; font-weight: 600 }
    input[type=text] { width: 100%; padding: 12px; border: 1px solid #33404F; border-radius: 8px; background: #05070A;
      color: inherit; font: inherit }
    small { display: block; margin: 6px 0 20px; color: #9FB0C0 }
    .refused { color: #FF8A8A }
    button { width: 100%; padding: 12px; border: 0; border-radius: 8px; background: #3FD9FF; color: #05070A; font: inherit;
      font-weight: 700; cursor: pointer }
    :focus-visible { outline: 3px solid #3FD9FF; outline-offset: 2px }
  </style>
</head>
<body>
  <main>
    <span class="mark">Local mode</span>
    <h1>Sign in as a demo person</h1>
    <p>This stands in for GitHub on your own machine. Any name will do: the same name is the same person next time.</p>
    <form method="get">
      ${kept}
      <label for="login">Demo name</label>
      <input id="login" name="login" type="text" required pattern="[a-z0-9\\-]{1,32}" maxlength="32" autocomplete="username"
        autocapitalize="none" spellcheck="false" aria-describedby="hint"${isRefused ? ' aria-invalid="true"' : ""}
        value="${escape((refusedLogin ?? "").slice(0, 32))}" autofocus>
      <small id="hint"${
    isRefused ? ' class="refused" role="alert"' : ""
  }>1 to 32 small letters, digits or hyphens</small>
      <button>Sign in</button>
    </form>
  </main>
</body>
</html>
`;
  return new Response(html, {
    status: isRefused ? 400 : 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    },
  });
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] as string);
}
