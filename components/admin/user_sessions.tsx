import type { JSX } from "preact";
import type { AdminUserDetail } from "../../lib/admin/users.ts";
import { formatDate, formatDayTime } from "../../lib/kernel/dates.ts";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";

type AdminSession = AdminUserDetail["sessions"][number];

/** Where a user is signed in, and ways to end it. */
export function UserSessions({ user, newId }: { user: AdminUserDetail; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  const action = `/admin/users/${user.user_id}/sessions`;
  return (
    <section class="panel" aria-labelledby="sessions-title">
      <div class="panel-head roomy">
        <h2 id="sessions-title">{t("admin.sessions")}</h2>
        {user.sessions.length > 0 && (
          <AdminForm action={action} step="admin" newId={newId} className="plain-form panel-note">
            <button type="submit" class="button outline danger">{t("admin.end_sessions")}</button>
          </AdminForm>
        )}
      </div>
      {user.sessions.length === 0 ? <p class="empty">{t("admin.sessions_none")}</p> : (
        <div class="scroll-x">
          <table class="table tall stacked">
            <thead>
              <tr>
                <th scope="col">{t("admin.session_device")}</th>
                <th scope="col">{t("admin.session_level")}</th>
                <th scope="col">{t("admin.session_started")}</th>
                <th scope="col">{t("admin.session_seen")}</th>
                <th scope="col">
                  <span class="visually-hidden">{t("admin.session_end")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {user.sessions.map((session) => (
                <SessionRow key={session.session_id} session={session} action={action} newId={newId} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function SessionRow({ session, action, newId }: {
  session: AdminSession;
  action: string;
  newId: NewId;
}): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const device = session.device ?? t("admin.session_unknown");
  return (
    <tr>
      <td data-label={t("admin.session_device")}>{device}</td>
      <td data-label={t("admin.session_level")}>{t(session.aal === "aal2" ? "admin.yes" : "admin.no")}</td>
      <td data-label={t("admin.session_started")}>
        {formatDayTime(Date.parse(session.created_at), locale, timeZone)}
      </td>
      <td data-label={t("admin.session_seen")}>{formatDayTime(Date.parse(session.seen_at), locale, timeZone)}</td>
      <td class="row-actions">
        <AdminForm
          action={action}
          step="admin"
          newId={newId}
          values={{ session_id: session.session_id }}
          className="plain-form"
        >
          <button
            type="submit"
            class="button outline danger"
            aria-label={t("admin.session_end_name", { name: device })}
          >
            {t("admin.session_end")}
          </button>
        </AdminForm>
      </td>
    </tr>
  );
}

/** The browsers and programs a user signed in from. */
export function UserDevices({ devices }: { devices: AdminUserDetail["devices"] }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  return (
    <section class="panel" aria-labelledby="devices-title">
      <div class="panel-head roomy">
        <h2 id="devices-title">{t("accounts.devices")}</h2>
      </div>
      {devices.length === 0 ? <p class="empty">{t("accounts.devices_none")}</p> : (
        <div class="scroll-x">
          <table class="table tall stacked">
            <thead>
              <tr>
                <th scope="col">{t("accounts.device_name")}</th>
                <th scope="col">{t("accounts.device_first")}</th>
                <th scope="col">{t("accounts.device_last")}</th>
                <th scope="col" class="num">{t("accounts.device_sessions")}</th>
              </tr>
            </thead>
            <tbody>
              {devices.map((device) => (
                <tr key={device.device_id}>
                  <td data-label={t("accounts.device_name")}>{device.name}</td>
                  <td data-label={t("accounts.device_first")}>
                    {formatDate(Date.parse(device.first_seen_at), locale, timeZone)}
                  </td>
                  <td data-label={t("accounts.device_last")}>
                    {formatDayTime(Date.parse(device.last_seen_at), locale, timeZone)}
                  </td>
                  <td class="num" data-label={t("accounts.device_sessions")}>{device.sessions}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
