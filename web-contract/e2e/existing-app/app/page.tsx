"use client";

import { authClient } from "@/lib/auth-client";

export default function Home() {
  const { data } = authClient.useSession();

  async function signUp(form: FormData) {
    const [name, email, password] = ["name", "email", "password"].map((field) => String(form.get(field)));
    await authClient.signUp.email({ name: name!, email: email!, password: password! });
  }

  if (data) return <p>Hello {data.user.name}</p>;
  return (
    <form action={signUp}>
      <input name="name" aria-label="Name" />
      <input name="email" aria-label="Email" />
      <input name="password" type="password" aria-label="Password" />
      <button>Sign up</button>
    </form>
  );
}
