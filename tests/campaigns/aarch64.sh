#!/bin/sh
# Makes FOLDER/python, a Python for AArch64 under emulation, for `tests/campaigns/bits.py`:
#
#     sh tests/campaigns/aarch64.sh FOLDER
#     CAMPAIGN_PYTHON=FOLDER/python python -m tests.campaigns.bits --case native/shape/circle-sharp
#
# Needs Debian or one of its kin, with qemu-user-static, and Python 3.11 or newer with pip.
set -eu
folder=$(mkdir -p "$1" && cd "$1" && pwd)
mkdir -p "$folder/state/lists/partial" "$folder/cache/archives/partial" "$folder/root"
get="apt-get -y -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::Cache=$folder/cache
    -o Dir::State=$folder/state -o Dir::State::status=/dev/null"
$get update
$get install --download-only --no-install-recommends python3-minimal libpython3-stdlib libstdc++6 zlib1g
for package in "$folder"/cache/archives/*.deb; do dpkg-deb -x "$package" "$folder/root"; done

cat > "$folder/python" <<END
#!/bin/sh
PYTHONPATH=$folder/site exec qemu-aarch64-static -L $folder/root $folder/root/usr/bin/python3 "\$@"
END
chmod +x "$folder/python"
version=$("$folder/python" -c 'import sys; print(*sys.version_info[:2], sep=".")')
needed=$(python3 -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"])')
# shellcheck disable=SC2086 # one word for each package
python3 -m pip install --quiet --target "$folder/site" --only-binary :all: --python-version "$version" \
    --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux_2_17_aarch64 \
    --platform manylinux2014_aarch64 $needed pytest
"$folder/python" -c 'import h5py, numba, numpy, platform; print(platform.machine(), numpy.__version__, numba.__version__)'
