/* The demo's accounts fill the form with one click. */
document.addEventListener("click", event => {
  const account = event.target.closest(".login-account");
  if (!account) return;
  document.getElementById("login").value = account.dataset.login;
  document.getElementById("password").value = account.dataset.password;
  document.querySelector("form").requestSubmit();
});
