# shellcheck shell=bash
# What scripts/install and scripts/uninstall have in common: where things lie. Read by them, not run.

# Where the daemon and the commands look for settings, whatever the prefix.
configuration=/etc/ganomaly/ganomalyd.yaml

# Checks prefix and destdir, and sets library_folder, zsh_folder and list (the list of what was installed).
resolve_layout() {
  if [[ $prefix != /* || ! $prefix =~ ^[A-Za-z0-9._/+-]+$ ]]; then
    refuse "the prefix '$prefix' is not possible: expected an absolute path of letters, digits and . _ / + -"
  fi
  prefix=$(realpath --canonicalize-missing -- "$prefix")
  case $prefix/ in
    /home/* | /root/* | /run/user/* | /tmp/* | /var/tmp/*)
      refuse "the prefix '$prefix' is hidden from the service, which has no access to homes and a /tmp of its own" \
        "give one such as /usr/local or /opt/ganomaly; --destdir puts everything below another folder"
      ;;
  esac
  case $prefix in
    /usr | /usr/local) library_folder=$prefix/lib ;;
    *) library_folder=/usr/local/lib ;;
  esac
  case $prefix in
    /usr) zsh_folder=/usr/share/zsh/vendor-completions ;;
    *) zsh_folder=$prefix/share/zsh/site-functions ;;
  esac
  list=$prefix/share/ganomaly/installed
  # Read by the scripts that take this file in.
  : "$library_folder" "$zsh_folder" "$list" "$configuration"
  if [[ -n $destdir ]]; then
    destdir=$(realpath --canonicalize-missing -- "$destdir")
    if [[ $destdir == / ]]; then destdir=''; fi
  fi
  if [[ -n $destdir ]]; then return; fi
  if ((EUID != 0)); then refuse "this changes '$prefix' and '/etc': run it with sudo, or give --destdir"; fi
  if [[ $prefix == /usr && $(dpkg-query --show --showformat '${db:Status-Status}' ganomalyd 2>/dev/null) == installed ]]
  then
    refuse "the Debian package ganomalyd is installed: use apt-get for it, or another prefix"
  fi
}

# Removes a file of the list where it is as it was put: remove_unchanged LINE. Fails, with a sentence, where it is not.
remove_unchanged() {
  local digest=${1:0:64} path=${1:66}
  if [[ ! -e $destdir$path ]]; then return 0; fi
  if [[ $(sha256sum <"$destdir$path" | cut --delimiter=' ' --fields=1) != "$digest" ]]; then
    say "'$path' was changed since it was installed, and stays"
    return 1
  fi
  rm -- "$destdir$path"
}
