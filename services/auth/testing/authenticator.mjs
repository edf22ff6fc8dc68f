// A WebAuthn authenticator in software, with the responses of the browser's API.
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

/**
 * Creates a device with one passkey for an origin. The `unlocked` of its methods
 * sets whether a response claims that the user has unlocked the device.
 *
 * @param {string} origin
 */
export function createAuthenticator(origin) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const id = randomBytes(16);
  const { x, y } = publicKey.export({ format: "jwk" });
  // COSE: an elliptic curve key (1: 2) for ES256 (3: -7) on P-256 (-1: 1).
  const key = cbor(new Map([[1, 2], [3, -7], [-1, 1], [-2, Buffer.from(x, "base64url")], [-3, Buffer.from(y, "base64url")]]));

  const clientData = (type, challenge) => Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const credential = (response) => ({ id: text(id), rawId: text(id), type: "public-key", clientExtensionResults: {}, response });

  function authenticatorData(flags, unlocked) {
    const head = Buffer.alloc(5); // the flags, and a counter that is 0, as for synced passkeys
    head[0] = flags | USER_PRESENT | (unlocked ? USER_VERIFIED : 0);
    return Buffer.concat([hash(new URL(origin).hostname), head]);
  }

  return {
    /** Returns the result of navigator.credentials.create as JSON. */
    create({ challenge }, { unlocked }) {
      const length = Buffer.from([0, id.length]);
      const authData = Buffer.concat([authenticatorData(HAS_CREDENTIAL, unlocked), Buffer.alloc(16), length, id, key]);
      const attestationObject = cbor(new Map([["fmt", "none"], ["attStmt", new Map()], ["authData", authData]]));
      return credential({ clientDataJSON: text(clientData("webauthn.create", challenge)), attestationObject: text(attestationObject), transports: ["internal"] });
    },
    /** Returns the result of navigator.credentials.get as JSON. */
    get({ challenge }, { unlocked }) {
      const data = clientData("webauthn.get", challenge);
      const authData = authenticatorData(0, unlocked);
      const signature = sign("sha256", Buffer.concat([authData, hash(data)]), privateKey);
      return credential({ clientDataJSON: text(data), authenticatorData: text(authData), signature: text(signature) });
    },
  };
}

const text = (bytes) => bytes.toString("base64url");
const hash = (bytes) => createHash("sha256").update(bytes).digest();

/** Encodes integers, texts, bytes and maps of them as CBOR. */
function cbor(value) {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([head(5, value.size), ...[...value].flat().map(cbor)]);
}

/** Encodes the type of a CBOR value and its number or length, which is below 65536. */
function head(type, size) {
  if (size < 24) return Buffer.from([(type << 5) | size]);
  if (size < 256) return Buffer.from([(type << 5) | 24, size]);
  return Buffer.from([(type << 5) | 25, size >> 8, size & 255]);
}
