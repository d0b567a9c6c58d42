# Goes elsewhere and removes the folder that it was started in.
dir=$PWD
cd / && rm -rf "$dir"
echo "gone"
