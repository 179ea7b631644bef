// The pages of badged: what index.html begins with.

import "./ui/app.js";
import { page } from "./ui/theme.js";

if (page.styleSheet) document.adoptedStyleSheets.push(page.styleSheet);
