/** What a checkout asks for. */
export interface Checkout {
  id: string;
  asset: string;
  amount: string;
}

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center;
    background: #10141a; color: #e6e9ee }
  main { width: min(360px, calc(100vw - 32px)); padding: 24px; border-radius: 12px; background: #1a2029 }
  h1 { font-size: 18px; margin: 0 0 4px } p { margin: 0 0 16px; color: #aab3c0 }
  strong { display: block; font-size: 28px; margin: 0 0 16px }
  button, a { display: block; width: 100%; box-sizing: border-box; padding: 12px; border-radius: 8px; font: inherit;
    text-align: center; text-decoration: none }
  button { border: 0; background: #2f81f7; color: #fff; font-weight: 600; cursor: pointer }
  a { margin-top: 8px; color: #aab3c0 }`;

/** The page where play money is paid; it says so. */
export function checkoutPage({ asset, amount }: Checkout, returnUrl: string): string {
  return page(
    "Test payment",
    `<p>Play money for this machine: nothing is charged.</p><strong>${escape(amount)} ${escape(asset)}</strong>
    <form method="post"><button type="submit">Pay</button></form><a href="${escape(returnUrl)}">Cancel</a>`,
  );
}

/** A page that says what went wrong. */
export function troublePage(text: string, returnUrl: string): string {
  return page("Test payment", `<p>${escape(text)}</p><a href="${escape(returnUrl)}">Back to the wallet</a>`);
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
  <meta name="viewport" content="width=device-width"><style>${STYLE}</style></head>
  <body><main><h1>${title}</h1>${body}</main></body></html>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
