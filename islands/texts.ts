import { createTexts, setTexts } from "../components/layout/texts.ts";
import { readPageConfig } from "../lib/realtime/client/page_config.ts";

setTexts(createTexts(readPageConfig().texts));
