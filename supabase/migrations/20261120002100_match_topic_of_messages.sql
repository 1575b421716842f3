-- A topic's readers see the messages of that topic alone. Realtime asks with rows of the topic it asks about, so that
-- nothing changes for it; whoever reads the table itself no longer sees every topic's messages for naming an open one.
alter policy "Callers read the topics open to them"
  on realtime.messages
  using (
    extension = 'broadcast'
    and topic = (select realtime.topic())
    and coalesce((select private.can_read_topic((select realtime.topic()))), false));
