import { useId, useState, type ComponentProps } from "react";
import { TextField } from "../ui/TextField";

type Props = Omit<ComponentProps<typeof TextField>, "type" | "id">;

/** A field for a password, which can be shown. */
export function PasswordField(props: Props) {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <div className="password-field">
      <TextField {...props} id={id} type={shown ? "text" : "password"} />
      <button type="button" className="link" aria-controls={id} aria-pressed={shown} onClick={() => setShown(!shown)}>
        {shown ? "Hide" : "Show"}
      </button>
    </div>
  );
}

/** The limits of a new password. */
export const newPassword = { autoComplete: "new-password", hint: "At least 8 characters.", minLength: 8, maxLength: 128 } as const;
