import type { JSX } from "preact";
import type { Device } from "../../lib/accounts/account.ts";
import { formatDate, formatDayTime } from "../../lib/kernel/dates.ts";
import { useTexts } from "../layout/texts.ts";
import { Hidden, type Said } from "./parts.tsx";
import { SettingsFrame } from "./settings_frame.tsx";

/** A device with the id its button's request will carry. */
export type RevocableDevice = Device & { clientId: string };

/** Where one is signed in. */
export function DevicesPage({ devices, ...said }: Said & { devices: readonly RevocableDevice[] }): JSX.Element {
  const { t } = useTexts();
  return (
    <SettingsFrame path="/settings/devices" {...said}>
      <p class="quiet">{t("accounts.devices_lead")}</p>
      <section class="panel scroll-x">
        {devices.length === 0 ? <p class="empty">{t("accounts.devices_none")}</p> : (
          <table class="table tall">
            <thead>
              <tr>
                <th scope="col">{t("accounts.device_name")}</th>
                <th scope="col">{t("accounts.device_last")}</th>
                <th scope="col" class="wide-cell">{t("accounts.device_first")}</th>
                <th scope="col" class="num wide-cell">{t("accounts.device_sessions")}</th>
                <th scope="col">
                  <span class="visually-hidden">{t("accounts.device_revoke")}</span>
                </th>
              </tr>
            </thead>
            <tbody>{devices.map((device) => <DeviceRow key={device.device_id} device={device} />)}</tbody>
          </table>
        )}
      </section>
    </SettingsFrame>
  );
}

function DeviceRow({ device }: { device: RevocableDevice }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  return (
    <tr>
      <td>
        {device.name} {device.current && <span class="tag good">{t("accounts.device_current")}</span>}
      </td>
      <td>{formatDayTime(Date.parse(device.last_seen_at), locale, timeZone)}</td>
      <td class="wide-cell">{formatDate(Date.parse(device.first_seen_at), locale, timeZone)}</td>
      <td class="num wide-cell">{device.sessions}</td>
      <td class="row-actions">
        <form action="/settings/devices/revoke" method="post">
          <Hidden values={{ device_id: device.device_id, client_id: device.clientId }} />
          <button
            type="submit"
            class="button outline danger"
            aria-label={t("accounts.device_revoke_name", { name: device.name })}
          >
            {t("accounts.device_revoke")}
          </button>
        </form>
      </td>
    </tr>
  );
}
