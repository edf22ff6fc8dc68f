/** Reads the user's open tasks on the server, with the cookie of the request. */
export async function getServerSideProps({ req, res }) {
  const response = await fetch(`${process.env.BFF_URL}/api/tasks?completed=false`, { headers: { cookie: req.headers.cookie ?? "" } });
  // Pass on the cookie of a session that was renewed or has ended.
  res.setHeader("set-cookie", response.headers.getSetCookie());
  const { data } = await response.json();
  return { props: { tasks: data ?? null } };
}

export default function Page({ tasks }) {
  if (!tasks) return <h1>Sign in</h1>;
  return (
    <ul>
      {tasks.map(({ id, title }) => (
        <li key={id}>{title}</li>
      ))}
    </ul>
  );
}
