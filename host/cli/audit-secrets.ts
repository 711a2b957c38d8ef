/** Where `holdover audit` finds what must not stand on a command line, which anyone on the machine can read. */
import { readFileSync } from "node:fs";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { passphraseCharactersMax, passphraseCharactersMin } from "#protocol/snmp/usm-keys.js";

export interface AuditSecrets {
  /** SNMPv3 passphrases; both or none. */
  readonly authentication: string | null;
  readonly privacy: string | null;
}

export const secretsHelp =
  "put it into a file (--authentication-file, --privacy-file) or into HOLDOVER_AUTHENTICATION and HOLDOVER_PRIVACY; without a privacy passphrase the authentication passphrase is both.";

/** Files come before the environment. */
export function readAuditSecrets(files: {
  readonly authenticationFile?: string;
  readonly privacyFile?: string;
}): ParseResult<AuditSecrets> {
  const authentication = readSecret("authentication", files.authenticationFile, process.env.HOLDOVER_AUTHENTICATION);
  if (!authentication.ok) return authentication;
  const privacy = readSecret("privacy", files.privacyFile, process.env.HOLDOVER_PRIVACY);
  if (!privacy.ok) return privacy;
  return parsed({ authentication: authentication.value, privacy: privacy.value ?? authentication.value });
}

function readSecret(
  what: string,
  file: string | undefined,
  environment: string | undefined,
): ParseResult<string | null> {
  try {
    const secret = (file === undefined ? environment : readFileSync(file, "utf8"))?.trim();
    if (secret === undefined || (file === undefined && secret === "")) return parsed(null);
    const isFit = secret.length >= passphraseCharactersMin && secret.length <= passphraseCharactersMax;
    const bounds = `${passphraseCharactersMin} to ${passphraseCharactersMax} characters`;
    return isFit ? parsed(secret) : refused(`the ${what} passphrase has ${secret.length}, not ${bounds}`);
  } catch (error) {
    if (error instanceof Error && "code" in error) return refused(`cannot read ${file}: ${String(error.code)}`);
    throw error;
  }
}
